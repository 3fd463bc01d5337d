package pipe

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"
)

func TestUnitRoundTrip(t *testing.T) {
	want := Unit{Frame: 7, At: 3 * time.Second, Key: true, Data: []byte("abc")}
	got, err := ParseUnit(AppendUnit(nil, want))
	if err != nil || got.Frame != want.Frame || got.At != want.At || got.Key != want.Key || string(got.Data) != "abc" {
		t.Fatalf("got %+v, %v", got, err)
	}
	if _, err := ParseUnit(make([]byte, unitHead-1)); err == nil {
		t.Fatal("short unit accepted")
	}
}

func TestTooLongIsRefused(t *testing.T) {
	if _, err := AppendFrame(nil, TypeUnit, make([]byte, MaxBody+1)); !errors.Is(err, ErrTooLong) {
		t.Fatalf("append: %v", err)
	}
	r := NewReader(bytes.NewReader([]byte{0xff, 0xff, 0xff, 0xff, 1}))
	if _, err := r.Read(); !errors.Is(err, ErrTooLong) {
		t.Fatalf("read: %v", err)
	}
}

// FuzzReader: whatever bytes come, Read ends with an error or EOF, never panics, and the
// frames it returned encode to the bytes it consumed.
func FuzzReader(f *testing.F) {
	ok, _ := AppendFrame(nil, TypeHello, []byte(`{"program":"eye"}`))
	f.Add(ok)
	f.Add(append(ok, 0, 0, 0, 9, 1))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, in []byte) {
		r := NewReader(bytes.NewReader(in))
		var again []byte
		for {
			fr, err := r.Read()
			if err != nil {
				if errors.Is(err, io.EOF) && !bytes.Equal(again, in) {
					t.Fatalf("clean end after %d of %d bytes", len(again), len(in))
				}
				break
			}
			if again, err = AppendFrame(again, fr.Type, fr.Body); err != nil {
				t.Fatal(err)
			}
			_, _ = ParseUnit(fr.Body)
		}
		if !bytes.HasPrefix(in, again) {
			t.Fatal("frames do not encode to what was read")
		}
	})
}
