"""Clinical value objects: the shared language of the product. Pure Python."""
