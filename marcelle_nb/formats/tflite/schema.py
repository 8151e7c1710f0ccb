"""What a TensorFlow Lite file may hold: its tables, types and operators, as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marcelle_nb.formats.tflite.flat_buffer import parse_schema
from marcelle_nb.formats.tflite.operator_schema import OPTIONS, OPTIONS_1, OPTIONS_2

if TYPE_CHECKING:
    from marcelle_nb.formats.tflite.flat_buffer import Schema

IDENTIFIER = b"TFL3"
"""Bytes 4 to 8 of every file."""

TYPES = (
    *("float32", "float16", "int32", "uint8", "int64", "string", "bool", "int16", "complex64"),
    *("int8", "float64", "complex128", "uint64", "resource", "variant", "uint32", "uint16"),
    *("int4", "bfloat16", "int2", "uint4", "float8_e4m3fn", "float8_e5m2"),
)
"""The name of each type by its number; those that NumPy has under its name."""

BITS = {
    **dict.fromkeys(("bool", "int8", "uint8", "float8_e4m3fn", "float8_e5m2"), 8),
    **dict.fromkeys(("float16", "bfloat16", "int16", "uint16"), 16),
    **dict.fromkeys(("float32", "int32", "uint32"), 32),
    **dict.fromkeys(("float64", "int64", "uint64", "complex64"), 64),
    "complex128": 128,
    "int4": 4,
    "uint4": 4,
    "int2": 2,
}
"""Bits of one element; text, resources and variants have no size of their own."""

_TABLES = """
Model version:I operator_codes:[OperatorCode] subgraphs:[Subgraph] description:s
    buffers:[Buffer] metadata_buffer:[i] metadata:[Metadata] signature_defs:[SignatureDef]
    external_buffer_groups:[ExternalBufferGroup] external_buffers:[ExternalBuffer]
OperatorCode deprecated_builtin_code:b custom_code:s version:i=1 builtin_code:i
Subgraph tensors:[Tensor] inputs:[i] outputs:[i] operators:[Operator] name:s
Tensor shape:[i] type:b buffer:I name:s quantization:Quantization is_variable:?
    sparsity:Sparsity shape_signature:[i] has_rank:? variant_tensors:[VariantSubType]
    external_buffer:I
Quantization min:[f] max:[f] scale:[f] zero_point:[q] details_type:B details:|Details
    quantized_dimension:i
CustomQuantization custom:[B]
BlockwiseQuantization scales:i zero_points:i block_size:i block_shape:[i]
MultiAxisQuantization scales:i zero_points:i block_size:i quantized_dimensions:[i]
Sparsity traversal_order:[i] block_map:[i] dim_metadata:[DimensionMetadata]
DimensionMetadata format:b dense_size:i array_segments_type:B array_segments:|Indices
    array_indices_type:B array_indices:|Indices
Int32Vector values:[i]
Uint16Vector values:[H]
Uint8Vector values:[B]
VariantSubType shape:[i] type:b has_rank:?
Operator opcode_index:I inputs:[i] outputs:[i] builtin_options_type:B builtin_options:|Options
    custom_options:[B] custom_options_format:b mutating_variable_inputs:[?] intermediates:[i]
    large_custom_options_offset:Q large_custom_options_size:Q builtin_options_2_type:B
    builtin_options_2:|Options2
Buffer data:[B] offset:Q size:Q
ExternalBufferGroup name:s
ExternalBuffer id:I group:I offset:Q length:Q packing:s
Metadata name:s buffer:I
SignatureDef inputs:[TensorMap] outputs:[TensorMap] signature_key:s unused:i subgraph_index:I
TensorMap name:s tensor_index:I
"""

_DETAILS = {1: "CustomQuantization", 2: "BlockwiseQuantization", 3: "MultiAxisQuantization"}
_INDICES = {1: "Int32Vector", 2: "Uint16Vector", 3: "Uint8Vector"}


def model_schema() -> Schema:
    """Give the tables of a model file.

    References
    ----------
    `schema.fbs` of LiteRT, version 3.
    """
    return parse_schema(
        _TABLES + OPTIONS,
        {"Details": _DETAILS, "Indices": _INDICES, "Options": OPTIONS_1, "Options2": OPTIONS_2},
    )
