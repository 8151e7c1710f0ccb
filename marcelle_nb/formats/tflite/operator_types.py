"""The types of the tensors that each TensorFlow Lite operator reads and writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.tflite import detection
from marcelle_nb.formats.tflite.quantization import STORED
from marcelle_nb.formats.tflite.unfit import Unfit

if TYPE_CHECKING:
    from marcelle_nb.formats.tflite.model_structure import Operator, Subgraph, Tensor

_SIGNATURES = """
T > T: ABS AVERAGE_POOL_2D CEIL COS DEPTH_TO_SPACE ELU EXP FAKE_QUANT FLOOR GELU HARD_SWISH
    L2_NORMALIZATION L2_POOL_2D LEAKY_RELU LOCAL_RESPONSE_NORMALIZATION LOG LOGISTIC LOG_SOFTMAX
    MATRIX_DIAG MAX_POOL_2D NEG RELU RELU6 RELU_0_TO_1 RELU_N1_TO_1 ROUND RSQRT SIGN SIN
    SPACE_TO_DEPTH SQRT SQUARE TANH ZEROS_LIKE
T > T|i16: SOFTMAX
T T > T: ADD ATAN2 BITWISE_XOR BROADCAST_ARGS DIV FLOOR_DIV FLOOR_MOD MATRIX_SET_DIAG MAXIMUM
    MINIMUM MUL POW PRELU RIGHT_SHIFT SQUARED_DIFFERENCE SUB
T T > b: GREATER GREATER_EQUAL LESS LESS_EQUAL
A A > b: EQUAL NOT_EQUAL
b > b: LOGICAL_NOT
b b > b: LOGICAL_AND LOGICAL_OR
b I > b: REDUCE_ALL REDUCE_ANY
b A A > A: SELECT SELECT_V2
A > A: SQUEEZE
A I? > A: RESHAPE
A I > A: BROADCAST_TO EXPAND_DIMS TILE TRANSPOSE
A K > A: GATHER GATHER_ND
A I I > A: SLICE
A I I I > A: STRIDED_SLICE
T I > T: CUMSUM MEAN MIRROR_PAD PAD REDUCE_MAX REDUCE_MIN REDUCE_PROD RESIZE_BILINEAR
    RESIZE_NEAREST_NEIGHBOR REVERSE_SEQUENCE REVERSE_V2 SEGMENT_SUM SUM
T I I > T: BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_MIN
    UNSORTED_SEGMENT_PROD UNSORTED_SEGMENT_SUM
T I T > T: PADV2
T T I > T: DYNAMIC_UPDATE_SLICE
T T T > T: RANGE
T I > I: ARG_MAX ARG_MIN
T I > T I: TOPK_V2
T > T I: UNIQUE
T > i: BUCKETIZE
T W B? > T: CONV_2D DEPTHWISE_CONV_2D FULLY_CONNECTED
T W > T: BATCH_MATMUL
f f f? > f: CONV_3D
i f f f? > f: CONV_3D_TRANSPOSE
i W T B? > T: TRANSPOSE_CONV
i * > *: EMBEDDING_LOOKUP
I I T T > T: ONE_HOT
I T I > T: SCATTER_ND
I I T T > T: SPARSE_TO_DENSE
I A > A: FILL
i A > A...: SPLIT
A I i > A...: SPLIT_V
A > A...: UNPACK
A... > A: CONCATENATION PACK
T... > T: ADD_N
* > *: BITCAST CAST
* > l: WHERE
A > I: SHAPE
A > i: RANK
N > N: QUANTIZE
N > f: DEQUANTIZE
c > f: COMPLEX_ABS IMAG REAL
f i > c: RFFT2D
f i > I: MULTINOMIAL
I > f: RANDOM_STANDARD_NORMAL RANDOM_UNIFORM
f f i f f > i i: NON_MAX_SUPPRESSION_V4
f f i f f f > i f i: NON_MAX_SUPPRESSION_V5
T W W? B? T > T: SVDF
f W W f T > f: RNN UNIDIRECTIONAL_SEQUENCE_RNN
T *?... > T...: BIDIRECTIONAL_SEQUENCE_LSTM BIDIRECTIONAL_SEQUENCE_RNN
T *?... > T: LSTM UNIDIRECTIONAL_SEQUENCE_LSTM
r A D > D: HASHTABLE_FIND
r A D >: HASHTABLE_IMPORT
r > l: HASHTABLE_SIZE
> r: HASHTABLE VAR_HANDLE
r > A: READ_VARIABLE
r A >: ASSIGN_VARIABLE
"""

_NUMBERS = frozenset({"bool", "complex64", "bfloat16", "float16", "float32", "float64"}) | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
_CLASSES = {
    "T": _NUMBERS,
    "A": _NUMBERS | {"string"},
    "D": _NUMBERS | {"string"},
    "I": {"int32", "int64"},
    "K": {"int16", "int32", "int64"},
    "N": {"float32", "float16", "bfloat16", *STORED, "int32", "int4"},
    "*": _NUMBERS | {"int4"},
    "b": {"bool"},
    "i": {"int32"},
    "l": {"int64"},
    "f": {"float32"},
    "c": {"complex64"},
    "r": {"resource"},
}
"""The types behind each letter. T, A and D are the same types wherever they stand; of W and B,
weights and biases, the type follows from T."""

_WEIGHTS = {
    "float32": {"float32", "int8", "uint8", "int4", "int2"},
    "int8": {"int8", "int4", "int2"},
    "uint8": {"uint8"},
    "int16": {"int8", "int4", "int16"},
}
_BIASES = {
    "float32": {"float32"},
    "int8": {"int32"},
    "uint8": {"int32"},
    "int16": {"int64", "int32"},
}


def _parsed(text: str) -> dict[str, tuple[list[str], list[str]]]:
    found = {}
    for line in text.strip().replace("\n    ", " ").splitlines():
        signature, names = line.split(":")
        given, made = signature.split(">")
        found.update(dict.fromkeys(names.split(), (given.split(), made.split())))
    return found


SIGNATURES = _parsed(_SIGNATURES)
"""The types of inputs and outputs; a question mark may be missing, dots repeat the last one."""

UNTYPED = {"IF", "WHILE", "CALL_ONCE", "CUSTOM"}
"""Operators whose types are those of other subgraphs, or known only to whoever trusts the file."""

MAX_RATIO = 1e18
"""Of the scales of what goes in and comes out, which native code writes as a number and a shift."""

MAX_FACTOR = 256
"""Of sums of products to what is stored; in converted models it is below 1, and native code that
takes no more frees its memory twice."""

MAX_SUM_RATIO = 2**13
"""Of scales where stored numbers are added: native code has 15 bits for what is between them."""

_SUMS = {"ADD", "SUB", "SQUARED_DIFFERENCE"}

_QUANTIZED = """
    ABS ADD AVERAGE_POOL_2D BATCH_MATMUL CONV_2D DEPTHWISE_CONV_2D DEQUANTIZE DIV ELU EXP
    FULLY_CONNECTED GELU HARD_SWISH L2_NORMALIZATION LEAKY_RELU LOG LOGISTIC LOG_SOFTMAX MEAN MUL
    PRELU QUANTIZE REDUCE_PROD RELU RELU6 RELU_0_TO_1 RELU_N1_TO_1 RSQRT SOFTMAX SQRT
    SQUARED_DIFFERENCE SUB SUM SVDF TANH TRANSPOSE_CONV
"""

QUANTIZED = frozenset(_QUANTIZED.split())
"""Operators that compute with real numbers, of which stored ones need a scale."""


def check_types(operator: Operator, subgraph: Subgraph, what: str) -> None:
    """Check the types of an operator's tensors, which native code takes for what they should be.

    Raises
    ------
    ModelFormatError
        If one is another, or a stored type has no scale where real numbers are meant.
    """
    given = ["" if n < 0 else subgraph.tensors[n].dtype for n in operator.inputs]
    made = [subgraph.tensors[n].dtype for n in operator.outputs]
    if detection.is_detection(operator):
        try:
            detection.check_types(given)
        except Unfit as error:
            raise ModelFormatError(f"{what}: {error}") from error
        made_right = made == ["float32"] * 4
        if not made_right:
            raise ModelFormatError(f"{what}: expected outputs of float32, got {made}")
        return
    if operator.name not in SIGNATURES:
        return
    inputs, outputs = SIGNATURES[operator.name]
    bound: dict[str, str] = {}
    pairs = [*_paired(inputs, given), *_paired(outputs, made)]
    for letter, dtype in pairs:
        if letter in "TAD":
            bound.setdefault(letter, dtype)
    for letter, dtype in pairs:
        if dtype and not _fits(letter, dtype, bound):
            raise ModelFormatError(
                f"{what}: expected types that belong together, got {given} and {made}"
            )
    if operator.name in QUANTIZED:
        _check_scales(operator, subgraph, what)


def _paired(letters: list[str], types: list[str]) -> list[tuple[str, str]]:
    """Put each type beside its letter; the number of tensors was checked before."""
    if letters and letters[-1].endswith("..."):
        last = letters[-1].removesuffix("...")
        letters = letters[:-1] + [last] * max(len(types) - len(letters) + 1, 0)
    return [(letter.rstrip("?"), dtype) for letter, dtype in zip(letters, types, strict=False)]


def _fits(letter: str, dtype: str, bound: dict[str, str]) -> bool:
    if letter == "W":
        return dtype in _WEIGHTS.get(bound.get("T", ""), {bound.get("T", "")})
    if letter == "B":
        return dtype in _BIASES.get(bound.get("T", ""), ())
    if letter.startswith("T|"):
        return dtype == bound["T"] or (dtype == "int16" and bound["T"] == "int8")
    if letter in bound:
        return dtype == bound[letter] and dtype in _CLASSES[letter]
    return dtype in _CLASSES[letter]


def _check_scales(operator: Operator, subgraph: Subgraph, what: str) -> None:
    tensors = [subgraph.tensors[n] for n in (*operator.inputs, *operator.outputs) if n >= 0]
    stored = [tensor for tensor in tensors if tensor.dtype in STORED]
    missing = [tensor.name for tensor in stored if not len(tensor.scale)]
    if missing:
        raise ModelFormatError(f"{what}: expected a scale, got none for {missing[0]!r:.60}")
    scales = [float(tensor.scale[0]) for tensor in stored if tensor.data is None]
    if scales and max(scales) > MAX_RATIO * min(scales):
        raise ModelFormatError(
            f"{what}: expected scales at most {MAX_RATIO:.0e} apart, "
            f"got {min(scales):.0e} and {max(scales):.0e}"
        )
    if operator.name in _SUMS and len(stored) == 3:
        most = max(float(tensor.scale[0]) for tensor in stored[:2]) / float(stored[2].scale[0])
        if most > MAX_SUM_RATIO:
            raise ModelFormatError(
                f"{what}: expected inputs' scales at most {MAX_SUM_RATIO:,} times the output's, "
                f"got {most:.0e}"
            )
    if "W" in SIGNATURES[operator.name][0] and len(tensors) > 2:
        _check_weighed(tensors[0], tensors[1:-1], tensors[-1], what)


def _check_weighed(given: Tensor, weights: list[Tensor], made: Tensor, what: str) -> None:
    """Check the factor by which sums of products become what is stored."""
    if given.dtype not in STORED or made.dtype not in STORED:
        return
    most = max((float(t.scale.max()) for t in weights if t.dtype in STORED), default=0.0)
    factor = most * float(given.scale[0]) / float(made.scale[0])
    if factor >= MAX_FACTOR:
        raise ModelFormatError(
            f"{what}: expected scales that make sums smaller, got a factor of {factor:.0e}"
        )
