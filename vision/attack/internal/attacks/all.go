// Package attacks holds the attacks on the picture before it is encoded: one file each, named after its
// number. They are R0 to R7, R9 and R12.
package attacks

import "vestibule/vision/attack/internal/lab"

// All returns the attacks in the order of their numbers.
func All() []*lab.Attack { return []*lab.Attack{} }
