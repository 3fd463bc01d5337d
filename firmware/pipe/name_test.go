package pipe_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"os"
	"testing"

	"vestibule/firmware/pipe"
)

// The names are what was published, for pages that make them too (hub/web/app/test/unit.test.ts).
func TestName(t *testing.T) {
	b, err := os.ReadFile("testdata/names.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		What string
		Unit []byte
		Name string // base64url, 8 bytes
		Key  bool
	}
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		name := base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, pipe.Name(v.Unit)))
		if name != v.Name {
			t.Errorf("%s: %s, want %s", v.What, name, v.Name)
		}
	}
}

// What RTP does not carry changes no name, and everything else does.
func TestNameIsOfWhatIsCarried(t *testing.T) {
	sps, idr := []byte{0x67, 1, 2}, []byte{0x65, 9, 9, 9}
	stream := func(start string, all ...[]byte) (b []byte) {
		for _, nal := range all {
			b = append(append(b, start...), nal...)
		}
		return b
	}
	want := pipe.Name(stream("\x00\x00\x00\x01", sps, idr))
	for what, unit := range map[string][]byte{
		"shorter start codes": stream("\x00\x00\x01", sps, idr),
		"a delimiter":         stream("\x00\x00\x00\x01", []byte{9, 0x10}, sps, idr),
		"filler":              stream("\x00\x00\x00\x01", sps, idr, []byte{12, 0xff, 0x80}),
		"zeros at the end":    append(stream("\x00\x00\x00\x01", sps, idr), 0, 0),
	} {
		if pipe.Name(unit) != want {
			t.Errorf("%s: another name", what)
		}
	}
	for what, unit := range map[string][]byte{
		"another byte":   stream("\x00\x00\x00\x01", sps, []byte{0x65, 9, 9, 8}),
		"another order":  stream("\x00\x00\x00\x01", idr, sps),
		"one left out":   stream("\x00\x00\x00\x01", idr),
		"one twice":      stream("\x00\x00\x00\x01", sps, idr, idr),
		"cut otherwise":  stream("\x00\x00\x00\x01", append(sps[:3:3], 0x65), idr[1:]),
		"no start codes": append(sps[:3:3], idr...),
	} {
		if pipe.Name(unit) == want {
			t.Errorf("%s: the same name", what)
		}
	}
}
