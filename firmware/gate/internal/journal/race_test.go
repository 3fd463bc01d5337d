//go:build race

package journal

// raced: under the race detector everything is slower.
const raced = true
