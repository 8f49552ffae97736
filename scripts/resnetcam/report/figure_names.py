"""Figures of a run, figures/<name>.png (known without matplotlib)."""

MOST_CLASSES_OF_A_MATRIX = 20
CLASSES_WITH_A_PAGE = 10  # at most: those of which most are mistaken
TRAINING_FIGURES = (
    "learning_curves",
    "confusion_matrix",
    "confused_pairs",
    "reliability",
    "mean_image",
)
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
CLASS_PAGES = tuple(f"class_{index}" for index in range(CLASSES_WITH_A_PAGE))
