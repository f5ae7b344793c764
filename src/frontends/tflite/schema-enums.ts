// The enumerations and unions of the TFLite schema, as lists of names in which a name's position is its number.
//
// Source of the names and numbers: tflite/converter/schema/schema.fbs of LiteRT (schema version 3d) and
// tensorflow/compiler/mlir/lite/schema/schema.fbs of TensorFlow Lite Micro, which agree on every entry below.

interface EnumSpec {
  /** The integer that the file holds. */
  readonly storage: 'i8' | 'i32';
  /** The name of value 0, 1, 2 ... */
  readonly names: readonly string[];
}

export const enums = {
  TensorType: {
    storage: 'i8',
    // biome-ignore format: ten to a line, so that a number can be found
    names: [
      'FLOAT32', 'FLOAT16', 'INT32', 'UINT8', 'INT64', 'STRING', 'BOOL', 'INT16', 'COMPLEX64', 'INT8',
      'FLOAT64', 'COMPLEX128', 'UINT64', 'RESOURCE', 'VARIANT', 'UINT32', 'UINT16', 'INT4', 'BFLOAT16', 'INT2',
      'UINT4', 'FLOAT8_E4M3FN', 'FLOAT8_E5M2',
    ],
  },
  Padding: { storage: 'i8', names: ['SAME', 'VALID'] },
  ActivationFunctionType: { storage: 'i8', names: ['NONE', 'RELU', 'RELU_N1_TO_1', 'RELU6', 'TANH', 'SIGN_BIT'] },
  MirrorPadMode: { storage: 'i8', names: ['REFLECT', 'SYMMETRIC'] },
  FullyConnectedOptionsWeightsFormat: { storage: 'i8', names: ['DEFAULT', 'SHUFFLED4x16INT8'] },
  LSTMKernelType: { storage: 'i8', names: ['FULL', 'BASIC'] },
  LSHProjectionType: { storage: 'i8', names: ['UNKNOWN', 'SPARSE', 'DENSE'] },
  CombinerType: { storage: 'i8', names: ['SUM', 'MEAN', 'SQRTN'] },
  DimensionType: { storage: 'i8', names: ['DENSE', 'SPARSE_CSR'] },
  CustomOptionsFormat: { storage: 'i8', names: ['FLEXBUFFERS'] },
  BuiltinOperator: {
    storage: 'i32',
    // biome-ignore format: the number of each line's first name is beside it
    names: [
      /*   0 */ 'ADD', 'AVERAGE_POOL_2D', 'CONCATENATION', 'CONV_2D', 'DEPTHWISE_CONV_2D',
      /*   5 */ 'DEPTH_TO_SPACE', 'DEQUANTIZE', 'EMBEDDING_LOOKUP', 'FLOOR', 'FULLY_CONNECTED',
      /*  10 */ 'HASHTABLE_LOOKUP', 'L2_NORMALIZATION', 'L2_POOL_2D', 'LOCAL_RESPONSE_NORMALIZATION', 'LOGISTIC',
      /*  15 */ 'LSH_PROJECTION', 'LSTM', 'MAX_POOL_2D', 'MUL', 'RELU',
      /*  20 */ 'RELU_N1_TO_1', 'RELU6', 'RESHAPE', 'RESIZE_BILINEAR', 'RNN',
      /*  25 */ 'SOFTMAX', 'SPACE_TO_DEPTH', 'SVDF', 'TANH', 'CONCAT_EMBEDDINGS',
      /*  30 */ 'SKIP_GRAM', 'CALL', 'CUSTOM', 'EMBEDDING_LOOKUP_SPARSE', 'PAD',
      /*  35 */ 'UNIDIRECTIONAL_SEQUENCE_RNN', 'GATHER', 'BATCH_TO_SPACE_ND', 'SPACE_TO_BATCH_ND', 'TRANSPOSE',
      /*  40 */ 'MEAN', 'SUB', 'DIV', 'SQUEEZE', 'UNIDIRECTIONAL_SEQUENCE_LSTM',
      /*  45 */ 'STRIDED_SLICE', 'BIDIRECTIONAL_SEQUENCE_RNN', 'EXP', 'TOPK_V2', 'SPLIT',
      /*  50 */ 'LOG_SOFTMAX', 'DELEGATE', 'BIDIRECTIONAL_SEQUENCE_LSTM', 'CAST', 'PRELU',
      /*  55 */ 'MAXIMUM', 'ARG_MAX', 'MINIMUM', 'LESS', 'NEG',
      /*  60 */ 'PADV2', 'GREATER', 'GREATER_EQUAL', 'LESS_EQUAL', 'SELECT',
      /*  65 */ 'SLICE', 'SIN', 'TRANSPOSE_CONV', 'SPARSE_TO_DENSE', 'TILE',
      /*  70 */ 'EXPAND_DIMS', 'EQUAL', 'NOT_EQUAL', 'LOG', 'SUM',
      /*  75 */ 'SQRT', 'RSQRT', 'SHAPE', 'POW', 'ARG_MIN',
      /*  80 */ 'FAKE_QUANT', 'REDUCE_PROD', 'REDUCE_MAX', 'PACK', 'LOGICAL_OR',
      /*  85 */ 'ONE_HOT', 'LOGICAL_AND', 'LOGICAL_NOT', 'UNPACK', 'REDUCE_MIN',
      /*  90 */ 'FLOOR_DIV', 'REDUCE_ANY', 'SQUARE', 'ZEROS_LIKE', 'FILL',
      /*  95 */ 'FLOOR_MOD', 'RANGE', 'RESIZE_NEAREST_NEIGHBOR', 'LEAKY_RELU', 'SQUARED_DIFFERENCE',
      /* 100 */ 'MIRROR_PAD', 'ABS', 'SPLIT_V', 'UNIQUE', 'CEIL',
      /* 105 */ 'REVERSE_V2', 'ADD_N', 'GATHER_ND', 'COS', 'WHERE',
      /* 110 */ 'RANK', 'ELU', 'REVERSE_SEQUENCE', 'MATRIX_DIAG', 'QUANTIZE',
      /* 115 */ 'MATRIX_SET_DIAG', 'ROUND', 'HARD_SWISH', 'IF', 'WHILE',
      /* 120 */ 'NON_MAX_SUPPRESSION_V4', 'NON_MAX_SUPPRESSION_V5', 'SCATTER_ND', 'SELECT_V2', 'DENSIFY',
      /* 125 */ 'SEGMENT_SUM', 'BATCH_MATMUL', 'PLACEHOLDER_FOR_GREATER_OP_CODES', 'CUMSUM', 'CALL_ONCE',
      /* 130 */ 'BROADCAST_TO', 'RFFT2D', 'CONV_3D', 'IMAG', 'REAL',
      /* 135 */ 'COMPLEX_ABS', 'HASHTABLE', 'HASHTABLE_FIND', 'HASHTABLE_IMPORT', 'HASHTABLE_SIZE',
      /* 140 */ 'REDUCE_ALL', 'CONV_3D_TRANSPOSE', 'VAR_HANDLE', 'READ_VARIABLE', 'ASSIGN_VARIABLE',
      /* 145 */ 'BROADCAST_ARGS', 'RANDOM_STANDARD_NORMAL', 'BUCKETIZE', 'RANDOM_UNIFORM', 'MULTINOMIAL',
      /* 150 */ 'GELU', 'DYNAMIC_UPDATE_SLICE', 'RELU_0_TO_1', 'UNSORTED_SEGMENT_PROD', 'UNSORTED_SEGMENT_MAX',
      /* 155 */ 'UNSORTED_SEGMENT_SUM', 'ATAN2', 'UNSORTED_SEGMENT_MIN', 'SIGN', 'BITCAST',
      /* 160 */ 'BITWISE_XOR', 'RIGHT_SHIFT', 'STABLEHLO_LOGISTIC', 'STABLEHLO_ADD', 'STABLEHLO_DIVIDE',
      /* 165 */ 'STABLEHLO_MULTIPLY', 'STABLEHLO_MAXIMUM', 'STABLEHLO_RESHAPE', 'STABLEHLO_CLAMP',
      /* 169 */ 'STABLEHLO_CONCATENATE', 'STABLEHLO_BROADCAST_IN_DIM', 'STABLEHLO_CONVOLUTION', 'STABLEHLO_SLICE',
      /* 173 */ 'STABLEHLO_CUSTOM_CALL', 'STABLEHLO_REDUCE', 'STABLEHLO_ABS', 'STABLEHLO_AND', 'STABLEHLO_COSINE',
      /* 178 */ 'STABLEHLO_EXPONENTIAL', 'STABLEHLO_FLOOR', 'STABLEHLO_LOG', 'STABLEHLO_MINIMUM', 'STABLEHLO_NEGATE',
      /* 183 */ 'STABLEHLO_OR', 'STABLEHLO_POWER', 'STABLEHLO_REMAINDER', 'STABLEHLO_RSQRT', 'STABLEHLO_SELECT',
      /* 188 */ 'STABLEHLO_SUBTRACT', 'STABLEHLO_TANH', 'STABLEHLO_SCATTER', 'STABLEHLO_COMPARE', 'STABLEHLO_CONVERT',
      /* 193 */ 'STABLEHLO_DYNAMIC_SLICE', 'STABLEHLO_DYNAMIC_UPDATE_SLICE', 'STABLEHLO_PAD', 'STABLEHLO_IOTA',
      /* 197 */ 'STABLEHLO_DOT_GENERAL', 'STABLEHLO_REDUCE_WINDOW', 'STABLEHLO_SORT', 'STABLEHLO_WHILE',
      /* 201 */ 'STABLEHLO_GATHER', 'STABLEHLO_TRANSPOSE', 'DILATE', 'STABLEHLO_RNG_BIT_GENERATOR', 'REDUCE_WINDOW',
      /* 206 */ 'STABLEHLO_COMPOSITE', 'STABLEHLO_SHIFT_LEFT', 'STABLEHLO_CBRT', 'STABLEHLO_CASE',
    ],
  },
} as const satisfies Record<string, EnumSpec>;

export type EnumName = keyof typeof enums;

/** The names of an enumeration: `EnumNames<'Padding'>` is `'SAME' | 'VALID'`. */
export type EnumNames<E extends EnumName> = (typeof enums)[E]['names'][number];

/** A decoded enumeration value: its name, or the number when the schema has no name for it. */
export type EnumValue<E extends EnumName> = EnumNames<E> | number;

/** The members of each union, by type byte; 0 is always "no value". */
export const unions = {
  QuantizationDetails: ['NONE', 'CustomQuantization', 'BlockwiseQuantization', 'MultiAxisQuantization'],
  SparseIndexVector: ['NONE', 'Int32Vector', 'Uint16Vector', 'Uint8Vector'],
  // biome-ignore format: the number of each line's first name is beside it
  BuiltinOptions: [
    /*   0 */ 'NONE', 'Conv2DOptions', 'DepthwiseConv2DOptions', 'ConcatEmbeddingsOptions', 'LSHProjectionOptions',
    /*   5 */ 'Pool2DOptions', 'SVDFOptions', 'RNNOptions', 'FullyConnectedOptions', 'SoftmaxOptions',
    /*  10 */ 'ConcatenationOptions', 'AddOptions', 'L2NormOptions', 'LocalResponseNormalizationOptions',
    /*  14 */ 'LSTMOptions', 'ResizeBilinearOptions', 'CallOptions', 'ReshapeOptions', 'SkipGramOptions',
    /*  19 */ 'SpaceToDepthOptions', 'EmbeddingLookupSparseOptions', 'MulOptions', 'PadOptions', 'GatherOptions',
    /*  24 */ 'BatchToSpaceNDOptions', 'SpaceToBatchNDOptions', 'TransposeOptions', 'ReducerOptions', 'SubOptions',
    /*  29 */ 'DivOptions', 'SqueezeOptions', 'SequenceRNNOptions', 'StridedSliceOptions', 'ExpOptions',
    /*  34 */ 'TopKV2Options', 'SplitOptions', 'LogSoftmaxOptions', 'CastOptions', 'DequantizeOptions',
    /*  39 */ 'MaximumMinimumOptions', 'ArgMaxOptions', 'LessOptions', 'NegOptions', 'PadV2Options',
    /*  44 */ 'GreaterOptions', 'GreaterEqualOptions', 'LessEqualOptions', 'SelectOptions', 'SliceOptions',
    /*  49 */ 'TransposeConvOptions', 'SparseToDenseOptions', 'TileOptions', 'ExpandDimsOptions', 'EqualOptions',
    /*  54 */ 'NotEqualOptions', 'ShapeOptions', 'PowOptions', 'ArgMinOptions', 'FakeQuantOptions',
    /*  59 */ 'PackOptions', 'LogicalOrOptions', 'OneHotOptions', 'LogicalAndOptions', 'LogicalNotOptions',
    /*  64 */ 'UnpackOptions', 'FloorDivOptions', 'SquareOptions', 'ZerosLikeOptions', 'FillOptions',
    /*  69 */ 'BidirectionalSequenceLSTMOptions', 'BidirectionalSequenceRNNOptions',
    /*  71 */ 'UnidirectionalSequenceLSTMOptions', 'FloorModOptions', 'RangeOptions', 'ResizeNearestNeighborOptions',
    /*  75 */ 'LeakyReluOptions', 'SquaredDifferenceOptions', 'MirrorPadOptions', 'AbsOptions', 'SplitVOptions',
    /*  80 */ 'UniqueOptions', 'ReverseV2Options', 'AddNOptions', 'GatherNdOptions', 'CosOptions',
    /*  85 */ 'WhereOptions', 'RankOptions', 'ReverseSequenceOptions', 'MatrixDiagOptions', 'QuantizeOptions',
    /*  90 */ 'MatrixSetDiagOptions', 'HardSwishOptions', 'IfOptions', 'WhileOptions', 'DepthToSpaceOptions',
    /*  95 */ 'NonMaxSuppressionV4Options', 'NonMaxSuppressionV5Options', 'ScatterNdOptions', 'SelectV2Options',
    /*  99 */ 'DensifyOptions', 'SegmentSumOptions', 'BatchMatMulOptions', 'CumsumOptions', 'CallOnceOptions',
    /* 104 */ 'BroadcastToOptions', 'Rfft2dOptions', 'Conv3DOptions', 'HashtableOptions', 'HashtableFindOptions',
    /* 109 */ 'HashtableImportOptions', 'HashtableSizeOptions', 'VarHandleOptions', 'ReadVariableOptions',
    /* 113 */ 'AssignVariableOptions', 'RandomOptions', 'BucketizeOptions', 'GeluOptions',
    /* 117 */ 'DynamicUpdateSliceOptions', 'UnsortedSegmentProdOptions', 'UnsortedSegmentMaxOptions',
    /* 120 */ 'UnsortedSegmentMinOptions', 'UnsortedSegmentSumOptions', 'ATan2Options', 'SignOptions',
    /* 124 */ 'BitcastOptions', 'BitwiseXorOptions', 'RightShiftOptions',
  ],
  // biome-ignore format: the number of each line's first name is beside it
  BuiltinOptions2: [
    /*   0 */ 'NONE', 'StablehloConcatenateOptions', 'StablehloBroadcastInDimOptions', 'StablehloSliceOptions',
    /*   4 */ 'StablehloConvolutionOptions', 'StablehloCustomCallOptions', 'StablehloReduceOptions',
    /*   7 */ 'StablehloScatterOptions', 'StablehloCompareOptions', 'StablehloDynamicSliceOptions',
    /*  10 */ 'StablehloPadOptions', 'StablehloIotaOptions', 'StablehloDotGeneralOptions',
    /*  13 */ 'StablehloReduceWindowOptions', 'StablehloSortOptions', 'StablehloWhileOptions',
    /*  16 */ 'StablehloGatherOptions', 'StablehloTransposeOptions', 'DilateOptions',
    /*  19 */ 'StablehloRngBitGeneratorOptions', 'ReduceWindowOptions', 'StableHLOCompositeOptions',
    /*  22 */ 'StablehloShiftLeftOptions', 'StablehloCaseOptions',
  ],
} as const satisfies Record<string, readonly string[]>;

export type UnionName = keyof typeof unions;
