"""Components of the page Words."""
