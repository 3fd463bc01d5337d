//go:build desk && !race

package main

// raced says that the race detector is in the program, and takes memory of its own.
const raced = false
