"""Names that rules and library share."""

NUM_CLASSES = 10  # of CIFAR-10 and of the drawn shapes
IMAGE_SIDE = 32  # pixels

# Figures of a run, figures/<name>.png.
TRAINING_FIGURES = ("learning_curves", "confusion_matrix", "mean_image")
GRADCAM_FIGURES = (
    "gradcam_correct",
    "gradcam_misclassified",
    "gradcam_confidently_wrong",
    "gradcam_layers",
    "gradcam_methods",
    "gradcam_class_means",
    "faithfulness",
    "randomisation",
)
FIGURES = (*TRAINING_FIGURES, *GRADCAM_FIGURES)
CLASS_PAGES = tuple(f"class_{index}" for index in range(NUM_CLASSES))

# Regions are drawn on images enlarged so many times; this attribute holds a region's class.
ANNOTATION_SCALE = 16
LABEL_ATTRIBUTE = "class"
