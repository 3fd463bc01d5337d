package pass

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const passHeader = "vestibule/pass/v1"

// Bounds of what an owner can sign. A device refuses anything beyond them, whoever
// signed it.
const (
	MaxWindow    = 12 * time.Hour
	MaxEntries   = 9
	MaxGrace     = 15 * time.Minute
	MaxRetention = 30 * 24 * time.Hour
	MaxWatchers  = 16
	MaxCorners   = 32 // of all zones together
	MaxZones     = 4
	Unit         = 10000 // zone and lamp are in 1/Unit of the picture's width and height
)

// Mode is what stands in for the interior.
type Mode string

// The two kinds of glass. Blur lets 216 bytes of colour out a delivery, Frosted none.
const (
	Blur    Mode = "blur"
	Frosted Mode = "frosted"
)

// Point is a place in the picture, in 1/Unit of its width (X) and height (Y).
type Point struct{ X, Y int }

// Box is a rectangle in the picture from Min (inside) to Max (outside).
type Box struct{ Min, Max Point }

// Terms are what the owner permits for one delivery. Terms are a wish: only [OpenPass]
// makes a [Pass] of them.
type Terms struct {
	Device    string        // the device's id
	Delivery  string        // names the delivery; random, [a-z0-9-], at most 64
	Epoch     uint64        // never falls; a pass of an older epoch is refused
	From      time.Time     // whole seconds, UTC
	Until     time.Time     // after From, at most MaxWindow later
	Zones     [][]Point     // what is shown in the clear: up to MaxZones polygons of 3 and more corners
	Large     bool          // they may take more than 60 % of the picture
	Reference []byte        // SHA-256 of how the camera has to stand, see [Reference]; nil for anyhow
	Lamp      Box           // where the challenge lamp is in the picture
	Mode      Mode          // the rest of the picture
	Shadow    bool          // show where something moves behind the glass
	Sealed    []byte        // the code, sealed to the device; see Seal
	Entries   int           // how often the door may open in the one visit, 1 to MaxEntries
	Grace     time.Duration // after the door shuts, until the code is dead; whole seconds
	Retention time.Duration // whole hours; 0 keeps nothing
	Watchers  []string      // key ids that may watch, sorted, at least one
	Offline   bool          // may the door open while nobody can be told
	Watched   bool          // must somebody be watching when it opens
	Camera    bool          // must a fresh, challenged picture exist when it opens
	Nonce     [16]byte      // random; seeds the frosted glass
}

// Pass is a permission for one delivery whose signature and form were checked. It comes
// from [OpenPass], [Authority.OpenPass] and their amendments only; the zero Pass permits
// nothing.
type Pass struct {
	terms  Terms // as amended
	note   string
	signer string    // key id
	until  time.Time // as signed
	ok     bool

	revision  uint64
	amendment string // the note of it
	amender   string // key id
}

// Valid reports whether p came from OpenPass.
func (p Pass) Valid() bool { return p.ok }

// Signer is the key id of who signed the pass; empty for the zero Pass.
func (p Pass) Signer() string { return p.signer }

// Terms returns a copy of what was signed, with Until as amended. The zero Pass has zero
// Terms.
func (p Pass) Terms() Terms {
	t := p.terms
	t.Zones = slices.Clone(t.Zones)
	for i := range t.Zones {
		t.Zones[i] = slices.Clone(t.Zones[i])
	}
	t.Reference = slices.Clone(t.Reference)
	t.Sealed = slices.Clone(t.Sealed)
	t.Watchers = slices.Clone(t.Watchers)
	return t
}

// Note returns the signed bytes, to be handed on and verified again.
func (p Pass) Note() []byte { return []byte(p.note) }

// MayWatch reports whether the pass names the key among those who may watch.
func (p Pass) MayWatch(keyID string) bool { return p.ok && slices.Contains(p.terms.Watchers, keyID) }

// SignPass signs terms with the key of an owner or a member. It refuses terms that OpenPass would refuse.
func SignPass(t Terms, key crypto.Signer) ([]byte, error) {
	text := t.text()
	if _, err := parseTerms(text); err != nil {
		return nil, err
	}
	return sign(text, key)
}

// OpenPass checks that key, and only key, signed msg, that it is in the one permitted form,
// and that its terms are within the bounds above. Whether the key may, and whether the pass
// is for this device, this epoch and this moment, is the caller's to decide; a device asks
// [Authority.OpenPass] instead.
func OpenPass(msg []byte, key ed25519.PublicKey) (Pass, error) {
	text, err := open(msg, key)
	if err != nil {
		return Pass{}, err
	}
	t, err := parseTerms(text)
	if err != nil {
		return Pass{}, err
	}
	return Pass{terms: t, note: string(msg), signer: KeyID(key), until: t.Until, ok: true}, nil
}

func (t Terms) text() string {
	return render(passHeader, []line{
		{"device", t.Device},
		{"delivery", t.Delivery},
		{"epoch", strconv.FormatUint(t.Epoch, 10)},
		{"from", stamp(t.From)},
		{"until", stamp(t.Until)},
		{"zone", polygons(t.Zones)},
		{"large", pick(t.Large, "allow", "deny")},
		{"reference", orNone(t.Reference)},
		{"lamp", points([]Point{t.Lamp.Min, t.Lamp.Max})},
		{"mode", string(t.Mode)},
		{"shadow", pick(t.Shadow, "on", "off")},
		{"sealed", b64.EncodeToString(t.Sealed)},
		{"entries", strconv.Itoa(t.Entries)},
		{"grace", strconv.FormatInt(int64(t.Grace/time.Second), 10)},
		{"retention", strconv.FormatInt(int64(t.Retention/time.Hour), 10)},
		{"watchers", strings.Join(t.Watchers, ",")},
		{"offline", pick(t.Offline, "allow", "deny")},
		{"watched", pick(t.Watched, "required", "optional")},
		{"camera", pick(t.Camera, "required", "optional")},
		{"nonce", b64.EncodeToString(t.Nonce[:])},
	})
}

func parseTerms(text string) (Terms, error) {
	r := read(text, passHeader)
	t := Terms{
		Device:    r.word("device"),
		Delivery:  r.word("delivery"),
		Epoch:     r.number("epoch", 0, 1<<53), // a browser's number
		From:      r.instant("from"),
		Until:     r.instant("until"),
		Zones:     r.polygons("zone"),
		Large:     r.choice("large", "allow", "deny") == "allow",
		Reference: r.bytesOrNone("reference", sha256.Size),
		Lamp:      r.box("lamp"),
		Mode:      Mode(r.choice("mode", string(Blur), string(Frosted))),
		Shadow:    r.choice("shadow", "on", "off") == "on",
		Sealed:    r.bytes("sealed", sealedSize),
		Entries:   int(r.number("entries", 1, MaxEntries)),
		Grace:     time.Duration(r.number("grace", 0, uint64(MaxGrace/time.Second))) * time.Second,
		Retention: time.Duration(r.number("retention", 0, uint64(MaxRetention/time.Hour))) * time.Hour,
		Watchers:  r.keys("watchers"),
		Offline:   r.choice("offline", "allow", "deny") == "allow",
		Watched:   r.choice("watched", "required", "optional") == "required",
		Camera:    r.choice("camera", "required", "optional") == "required",
	}
	copy(t.Nonce[:], r.bytes("nonce", len(t.Nonce)))
	if err := r.end(text, t.text()); err != nil {
		return Terms{}, err
	}
	if d := t.Until.Sub(t.From); d <= 0 || d > MaxWindow {
		return Terms{}, fmt.Errorf("%w: window of %v, want more than 0 and at most %v", ErrForm, d, MaxWindow)
	}
	return t, nil
}

func pick(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}

func points(ps []Point) string {
	words := make([]string, len(ps))
	for i, p := range ps {
		words[i] = strconv.Itoa(p.X) + "," + strconv.Itoa(p.Y)
	}
	return strings.Join(words, " ")
}

// polygons writes each polygon's corners, with a stroke between two polygons.
func polygons(zones [][]Point) string {
	parts := make([]string, len(zones))
	for i, z := range zones {
		parts[i] = points(z)
	}
	return strings.Join(parts, " / ")
}

func (r *reader) polygons(key string) [][]Point {
	v := r.text(key)
	if r.err != nil {
		return nil
	}
	parts := strings.Split(v, " / ")
	if len(parts) > MaxZones {
		r.fail(key, v, fmt.Errorf("want at most %d polygons", MaxZones))
		return nil
	}
	left := MaxCorners
	zones := make([][]Point, len(parts))
	for i, p := range parts {
		zones[i] = r.corners(key, p, 3, left)
		left -= len(zones[i])
	}
	return zones
}

func orNone(b []byte) string {
	if len(b) == 0 {
		return "none"
	}
	return b64.EncodeToString(b)
}

func (r *reader) bytesOrNone(key string, size int) []byte {
	v := r.text(key)
	if r.err != nil || v == "none" {
		return nil
	}
	b, err := b64.DecodeString(v)
	if err != nil || len(b) != size {
		r.fail(key, v, fmt.Errorf("want %d bytes or none", size))
	}
	return b
}

func (r *reader) points(key string, least, most int) []Point {
	v := r.text(key)
	if r.err != nil {
		return nil
	}
	return r.corners(key, v, least, most)
}

func (r *reader) corners(key, v string, least, most int) []Point {
	words := strings.Split(v, " ")
	if len(words) < least || len(words) > most {
		r.fail(key, v, fmt.Errorf("want %d to %d corners", least, most))
		return nil
	}
	ps := make([]Point, len(words))
	for i, w := range words {
		xs, ys, ok := strings.Cut(w, ",")
		x, errX := strconv.ParseUint(xs, 10, 31)
		y, errY := strconv.ParseUint(ys, 10, 31)
		if !ok || errX != nil || errY != nil || x > Unit || y > Unit {
			r.fail(key, v, fmt.Errorf("corner %.20q: want x,y from 0 to %d", w, Unit))
			return nil
		}
		ps[i] = Point{int(x), int(y)}
	}
	return ps
}

func (r *reader) box(key string) Box {
	ps := r.points(key, 2, 2)
	if r.err != nil {
		return Box{}
	}
	if ps[0].X >= ps[1].X || ps[0].Y >= ps[1].Y {
		r.fail(key, points(ps), errors.New("box is empty"))
	}
	return Box{ps[0], ps[1]}
}

func (r *reader) keys(key string) []string {
	v := r.text(key)
	if r.err != nil {
		return nil
	}
	ids := strings.Split(v, ",")
	if len(ids) > MaxWatchers {
		r.fail(key, v, fmt.Errorf("want at most %d keys", MaxWatchers))
		return nil
	}
	for i, id := range ids {
		if !isWord(id) || i > 0 && ids[i-1] >= id {
			r.fail(key, v, errors.New("want key ids, sorted, none twice"))
			return nil
		}
	}
	return ids
}
