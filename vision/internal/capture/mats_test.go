//go:build matprofile

package capture

import (
	"os"
	"testing"

	"gocv.io/x/gocv"
)

// With gocv's tag matprofile, every Mat that any test here has opened has to be closed in the end.
func TestMain(m *testing.M) {
	code := m.Run()
	if n := gocv.MatProfile.Count(); n != 0 {
		os.Stderr.WriteString("some Mats are not closed:\n")
		gocv.MatProfile.WriteTo(os.Stderr, 1)
		code = 1
	}
	os.Exit(code)
}
