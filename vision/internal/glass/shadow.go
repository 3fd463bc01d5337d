package glass

// Shadow says in which of the 16x9 cells something moves behind the glass: one bit a cell, row by row
// from the top left, the highest bit of a byte first.
type Shadow [Cols * Rows / 8]byte

// At reports whether a cell is in shadow.
func (s *Shadow) At(row, col int) bool {
	i := row*Cols + col
	return s[i/8]>>(7-i%8)&1 == 1
}

// Set puts a cell into shadow.
func (s *Shadow) Set(row, col int) {
	i := row*Cols + col
	s[i/8] |= 1 << (7 - i%8)
}
