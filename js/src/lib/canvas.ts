/** Pictures on a canvas: which part is taken, and the JPEG that comes out. */

/** The centre of a picture that fills `width` x `height`: `[left, top, width, height]` in the picture's pixels. */
export function cover(
  pictureWidth: number,
  pictureHeight: number,
  width: number,
  height: number,
): [number, number, number, number] {
  const scale = Math.max(width / pictureWidth, height / pictureHeight);
  const [w, h] = [width / scale, height / scale];
  return [(pictureWidth - w) / 2, (pictureHeight - h) / 2, w, h];
}

export function encode(canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error("canvas: expected a JPEG, got nothing"))),
      "image/jpeg",
      quality,
    );
  });
}
