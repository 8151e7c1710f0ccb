/** The same picture as in tests/fixtures/generate/page_features.py. */
export function picture(width: number, height: number): { width: number; height: number; data: Uint8ClampedArray } {
  const data = new Uint8ClampedArray(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const red = (Math.floor((x * 255) / width) + (Math.floor(y / 8) % 2) * 40) % 256;
      const green = ((Math.floor(x / 16) + Math.floor(y / 16)) % 2) * 150 + Math.floor((y * 100) / height);
      const blue = (Math.floor((x * y) / 7) + Math.floor((x - y) ** 2 / 50)) % 256;
      data.set([red, green, blue], (y * width + x) * 3);
    }
  }
  return { width, height, data };
}
