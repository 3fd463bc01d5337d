package pipe

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"testing"
	"time"
)

func TestUnitRoundTrip(t *testing.T) {
	for _, want := range []Unit{
		{Frame: 7, At: 3 * time.Second, Key: true, Format: H264, Data: []byte("abc")},
		{Frame: 8, At: 4 * time.Second, Format: VP8, Data: []byte("d")},
		{Frame: 9, Key: true, Format: VP8, Data: []byte("e")},
	} {
		got, err := ParseUnit(AppendUnit(nil, want))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	}
	unknown := AppendUnit(nil, Unit{})
	unknown[unitHead-1] = 4
	for name, b := range map[string][]byte{"a short one": make([]byte, unitHead-1), "a flag that nobody knows": unknown} {
		if _, err := ParseUnit(b); err == nil {
			t.Errorf("%s is accepted", name)
		}
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
