"""Pictures, pages and tables of what there is to see."""
