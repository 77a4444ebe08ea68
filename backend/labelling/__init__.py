"""Labels that people give to posts: kept beside a corpus, and a queue of the most useful posts."""
