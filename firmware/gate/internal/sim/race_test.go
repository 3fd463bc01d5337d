//go:build race

package sim

// raced says that the race detector is in the program, which makes it many times slower.
const raced = true
