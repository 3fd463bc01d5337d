package shadow

import "reflect"

// Blank reports whether a watch holds nothing.
func (w *Watch) Blank() bool { return reflect.ValueOf(*w).IsZero() }
