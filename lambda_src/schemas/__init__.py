"""The shapes that cross a boundary: requests, responses, stream records, stored pointers."""
