"""Names that rules and library share."""

# Figures of a run, figures/<name>.png.
FIGURES = (
    "learning_curves",
    "confusion_matrix",
    "gradcam_correct",
    "gradcam_misclassified",
    "mean_image",
)

# Regions are drawn on images enlarged so many times; this attribute holds a region's class.
ANNOTATION_SCALE = 16
LABEL_ATTRIBUTE = "class"
