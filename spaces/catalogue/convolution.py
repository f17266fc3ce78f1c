"""The shape of convolutional nets: blocks, filters, windows, how pictures become smaller, and the head."""

from __future__ import annotations

from ..kinds import Categorical, Float, Int
from .entry import IMAGES, TRANSFER, Entry, when
from .sources import COURSE, keras_layer

_VGG = "Simonyan and Zisserman 2015, Very Deep Convolutional Networks"
_RESNET = "He et al. 2016, Deep Residual Learning"
_CONVOLUTION = keras_layer("convolution_layers/convolution2d")
_TCN = "Bai et al. 2018, An Empirical Evaluation of Generic Convolutional and Recurrent Networks"
_CNN = ("cnn",)
_PLAIN = ("cnn", "cnn1d")
"""Families of blocks that end with pooling, and have a head."""
_RES = ("resnet",)

ENTRIES = (
    Entry(
        Int(
            "blocks",
            1,
            4,
            recommended=2,
            meaning="blocks of convolutions and pooling; for residual families, residual blocks (of each stage)",
            advice="Large pictures, long sequences: one more for each doubling of their side or length.",
            source=f"{COURSE}; {_VGG}; {_TCN}",
        ),
        (*IMAGES, "cnn1d", "tcn", "mlp_residual"),
    ),
    Entry(
        Int(
            "convolutions",
            1,
            3,
            recommended=1,
            meaning="convolutions in a row before a block's pooling",
            advice="Both scores are poor: 2, as VGG has.",
            source=_VGG,
        ),
        _PLAIN,
    ),
    Entry(
        Int(
            "stages",
            1,
            4,
            recommended=3,
            meaning="groups of residual blocks; the picture is halved between them",
            advice="Pictures of 8 pixels: 2. Of 64 and more: 4.",
            source=f"{_RESNET}, section 4.2: 3 for pictures of 32 pixels",
        ),
        _RES,
    ),
    Entry(
        Int(
            "filters",
            8,
            128,
            log=True,
            recommended=32,
            meaning="filters of the first block; each further block has a multiple",
            advice="Both scores are poor: double it, which makes the arithmetic about four times as much.",
            source=_VGG,
        ),
        (*IMAGES, "cnn1d", "tcn", "text"),
    ),
    Entry(
        Float(
            "filters_growth",
            1.0,
            3.0,
            recommended=2.0,
            confidence="high",
            meaning="filters of each block or stage, as a multiple of the one before",
            advice="2 keeps the work of halved pictures equal.",
            source=f"{_VGG}; {_RESNET}",
        ),
        (*IMAGES, "cnn1d"),
    ),
    Entry(
        Categorical(
            "kernel_size",
            (3, 5, 7),
            recommended=3,
            confidence="high",
            meaning="side of a convolution's window in pixels, or its length in steps",
            advice="Two windows of 3 see as far as one of 5 and cost less.",
            source=f"{COURSE}: 3x3; {_VGG}",
        ),
        (*IMAGES, "cnn1d", "tcn", "text"),
    ),
    Entry(
        Categorical(
            "first_kernel_size",
            (3, 5, 7),
            recommended=3,
            meaning="side of the first convolution's window",
            advice="Pictures of 100 pixels and more: 7.",
            source=f"{_RESNET}, table 1: 7 for ImageNet, 3 for small pictures",
        ),
        IMAGES,
    ),
    Entry(
        Categorical(
            "padding",
            ("same", "valid"),
            recommended="same",
            conditions=when(residual=False),
            meaning="whether convolutions keep the picture's size or lose its border",
            advice="Nothing of interest is at the border: valid, which computes fewer pixels.",
            source=_CONVOLUTION,
        ),
        _CNN,
    ),
    Entry(
        Int(
            "dilation_rate",
            1,
            3,
            recommended=1,
            meaning="distance between the pixels that a window looks at",
            advice="Large shapes at full detail: 2.",
            source="Yu and Koltun 2016, Multi-Scale Context Aggregation by Dilated Convolutions",
        ),
        IMAGES,
    ),
    Entry(
        Categorical(
            "separable",
            (False, True),
            recommended=False,
            meaning="whether convolutions look at each channel by itself and mix channels afterwards",
            advice="The model must be small: switch it on and take more filters.",
            source="Chollet 2017, Xception; " + keras_layer("convolution_layers/separable_convolution2d"),
        ),
        IMAGES,
    ),
    Entry(
        Int(
            "depth_multiplier",
            1,
            3,
            recommended=1,
            conditions=when(separable=True),
            meaning="windows of a separable convolution for each channel",
            advice="Few channels: 2.",
            source=keras_layer("convolution_layers/separable_convolution2d"),
        ),
        IMAGES,
    ),
    Entry(
        Categorical(
            "downsampling",
            ("max_pooling", "average_pooling", "stride"),
            recommended="max_pooling",
            meaning="what makes the picture smaller, or the sequence shorter, after a block: its largest numbers, their mean, or a convolution",
            advice="Fine textures: average_pooling. The net should learn how: stride.",
            source="Springenberg et al. 2015, Striving for Simplicity; " + keras_layer("pooling_layers"),
        ),
        _PLAIN,
    ),
    Entry(
        Int(
            "pool_size",
            2,
            4,
            recommended=2,
            confidence="high",
            conditions=when(downsampling=("max_pooling", "average_pooling")),
            meaning="side, or length, of the window that pooling joins",
            advice="Large pictures and few blocks: 3.",
            source=keras_layer("pooling_layers/max_pooling2d"),
        ),
        _PLAIN,
    ),
    Entry(
        Int(
            "pool_strides",
            1,
            4,
            recommended=2,
            confidence="high",
            conditions=when(downsampling=("max_pooling", "average_pooling")),
            meaning="distance between windows of pooling; below their side, they overlap",
            advice="A window of 3 with a distance of 2 loses less.",
            source="Krizhevsky et al. 2012, ImageNet Classification, section 3.4",
        ),
        _CNN,
    ),
    Entry(
        Categorical(
            "residual",
            (False, True),
            recommended=False,
            meaning="whether a block's input is added to what its convolutions give",
            advice="Two convolutions a block or more: switch it on.",
            source=_RESNET,
        ),
        _CNN,
    ),
    Entry(
        Categorical(
            "squeeze_excitation",
            (False, True),
            recommended=False,
            meaning="whether channels are weighed by what the whole picture says",
            advice="A few more weights for a little more accuracy; try it last.",
            source="Hu et al. 2018, Squeeze-and-Excitation Networks",
        ),
        IMAGES,
    ),
    Entry(
        Float(
            "squeeze_ratio",
            0.05,
            0.5,
            log=True,
            recommended=0.25,
            confidence="low",
            conditions=when(squeeze_excitation=True),
            meaning="width of squeeze-and-excitation's inner layer, as a share of the channels",
            advice="Few filters: 0.25. Hundreds: 0.0625.",
            source="Hu et al. 2018, Squeeze-and-Excitation Networks, section 6.1: 1/16",
        ),
        IMAGES,
    ),
    Entry(
        Categorical(
            "bottleneck",
            (False, True),
            recommended=False,
            meaning="whether residual blocks convolve in fewer channels, between two 1x1 convolutions",
            advice="Four stages or hundreds of filters: switch it on.",
            source=f"{_RESNET}, figure 5",
        ),
        _RES,
    ),
    Entry(
        Float(
            "bottleneck_ratio",
            0.125,
            1.0,
            log=True,
            recommended=0.25,
            conditions=when(bottleneck=True),
            meaning="channels inside a bottleneck, as a share of the block's",
            advice="Both scores are poor: 0.5.",
            source=f"{_RESNET}, figure 5",
        ),
        _RES,
    ),
    Entry(
        Categorical(
            "block_order",
            ("post", "pre"),
            recommended="post",
            meaning="whether residual blocks normalize and activate after each convolution or before it",
            advice="Many blocks: pre.",
            source="He et al. 2016, Identity Mappings in Deep Residual Networks",
        ),
        _RES,
    ),
    Entry(
        Categorical(
            "head",
            ("flatten", "global_average", "global_max"),
            recommended="flatten",
            meaning="how the last picture or sequence becomes a row",
            advice="Overfitting, or large pictures: global_average.",
            source="Lin et al. 2014, Network In Network, section 3.2",
        ),
        (*IMAGES, "cnn1d", *TRANSFER),
    ),
    Entry(
        Int(
            "head_layers",
            0,
            3,
            recommended=1,
            meaning="dense layers before the output",
            advice="With global_average: none.",
            source=_VGG,
        ),
        (*IMAGES, "cnn1d"),
    ),
)
