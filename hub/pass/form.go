package pass

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MaxSize bounds a signed statement in bytes. Nothing longer is even parsed.
const MaxSize = 16 << 10

// ErrForm is wrapped by every error that means "these bytes are no statement of ours".
var ErrForm = errors.New("not in the one permitted form")

// line is one "key value" line of a statement.
type line struct{ key, value string }

// render writes the one form of a statement.
func render(header string, lines []line) string {
	var b strings.Builder
	b.WriteString(header)
	b.WriteByte('\n')
	for _, l := range lines {
		b.WriteString(l.key)
		b.WriteByte(' ')
		b.WriteString(l.value)
		b.WriteByte('\n')
	}
	return b.String()
}

// reader takes a statement's text apart, line by line. The first failure sticks.
type reader struct {
	rest string
	err  error
}

func read(text, header string) *reader {
	r := &reader{rest: text}
	rest, ok := strings.CutPrefix(text, header+"\n")
	if !ok {
		r.err = fmt.Errorf("%w: want header %q", ErrForm, header)
	}
	r.rest = rest
	return r
}

func (r *reader) fail(key, value string, cause error) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s %.80q: %w", ErrForm, key, value, cause)
	}
}

func (r *reader) text(key string) string {
	if r.err != nil {
		return ""
	}
	l, rest, ok := strings.Cut(r.rest, "\n")
	value, keyed := strings.CutPrefix(l, key+" ")
	if !ok || !keyed {
		r.fail(key, l, errors.New("field missing or out of order"))
		return ""
	}
	r.rest = rest
	return value
}

// word is a text field without spaces, 1 to 64 of [a-z0-9-].
func (r *reader) word(key string) string {
	v := r.text(key)
	if r.err == nil && !isWord(v) {
		r.fail(key, v, errors.New("want 1 to 64 of a-z 0-9 -"))
	}
	return v
}

func isWord(v string) bool {
	if len(v) == 0 || len(v) > 64 {
		return false
	}
	for _, c := range []byte(v) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// reason is one of wire's reasons, as far as this package can tell: 1 to 64 of [a-z_].
func (r *reader) reason(key string) string {
	v := r.text(key)
	if r.err == nil && (v == "" || len(v) > 64 || strings.Trim(v, "abcdefghijklmnopqrstuvwxyz_") != "") {
		r.fail(key, v, errors.New("want 1 to 64 of a-z _"))
	}
	return v
}

// origin is a page's origin as a browser writes it.
func (r *reader) origin(key string) string {
	v := r.text(key)
	if r.err == nil && !isOrigin(v) {
		r.fail(key, v, errors.New("want an origin"))
	}
	return v
}

func (r *reader) choice(key string, among ...string) string {
	v := r.text(key)
	for _, a := range among {
		if v == a {
			return v
		}
	}
	r.fail(key, v, fmt.Errorf("want one of %s", strings.Join(among, ", ")))
	return ""
}

func (r *reader) number(key string, low, high uint64) uint64 {
	v := r.text(key)
	if r.err != nil {
		return 0
	}
	n, err := strconv.ParseUint(v, 10, 63)
	if err != nil {
		r.fail(key, v, err)
	} else if n < low || n > high {
		r.fail(key, v, fmt.Errorf("want %d to %d", low, high))
	}
	return n
}

// instant is RFC 3339 in UTC, to the second.
func (r *reader) instant(key string) time.Time {
	v := r.text(key)
	if r.err != nil {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, v)
	if err != nil {
		r.fail(key, v, err)
		return time.Time{}
	}
	return t.UTC()
}

// bytes is base64url without padding; size < 0 leaves the length open.
func (r *reader) bytes(key string, size int) []byte {
	v := r.text(key)
	if r.err != nil {
		return nil
	}
	b, err := b64.DecodeString(v)
	if err != nil {
		r.fail(key, v, err)
	} else if size >= 0 && len(b) != size {
		r.fail(key, v, fmt.Errorf("want %d bytes", size))
	}
	return b
}

// end checks that nothing is left and that what was read renders to the same bytes.
func (r *reader) end(text, again string) error {
	if r.err != nil {
		return r.err
	}
	if r.rest != "" {
		return fmt.Errorf("%w: trailing lines", ErrForm)
	}
	if text != again {
		return fmt.Errorf("%w: not canonical", ErrForm)
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
