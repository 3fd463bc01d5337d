package journal

import (
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// frontier is a Merkle tree (RFC 6962) that only grows: the roots of its complete subtrees,
// one for each bit that is set in its size, by level.
type frontier struct {
	size  uint64
	peaks [64]tlog.Hash
}

// add appends a record.
func (f *frontier) add(record []byte) {
	h := tlog.RecordHash(record)
	level := 0
	for ; f.size>>level&1 == 1; level++ {
		h = tlog.NodeHash(f.peaks[level], h)
	}
	f.peaks[level] = h
	f.size++
}

// root is the tree's hash.
func (f *frontier) root() tlog.Hash {
	if f.size == 0 {
		h, _ := tlog.TreeHash(0, nil) // the empty tree needs no reader and cannot fail
		return h
	}
	level := bits.TrailingZeros64(f.size)
	h := f.peaks[level]
	for level++; f.size>>level != 0; level++ {
		if f.size>>level&1 == 1 {
			h = tlog.NodeHash(f.peaks[level], h)
		}
	}
	return h
}
