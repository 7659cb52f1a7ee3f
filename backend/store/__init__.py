"""All queries. Takes and returns plain values or rows; knows no request and no rule."""
