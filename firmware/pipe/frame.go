package pipe

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// MaxBody bounds a frame's body in bytes: a key frame of 1080p at the best quality is
// well under it.
const MaxBody = 4 << 20

const headSize = 5

// ErrTooLong means that a peer announced a body longer than MaxBody.
var ErrTooLong = errors.New("pipe: frame is too long")

// Frame is one message. Body is valid until the Reader's next Read.
type Frame struct {
	Type Type
	Body []byte
}

// JSON decodes a control frame's body.
func (f Frame) JSON(v any) error {
	if err := json.Unmarshal(f.Body, v); err != nil {
		return fmt.Errorf("pipe: %s: %w", f.Type, err)
	}
	return nil
}

// Hello reads the hello that begins every connection; whoever speaks another version is refused.
func (f Frame) Hello() (Hello, error) {
	var h Hello
	if f.Type != TypeHello {
		return h, fmt.Errorf("pipe: %s before hello", f.Type)
	}
	if err := f.JSON(&h); err != nil {
		return h, err
	}
	if h.Version != Version {
		return h, fmt.Errorf("pipe: %.20q speaks version %d, this is %d", h.Program, h.Version, Version)
	}
	return h, nil
}

// Reader takes frames from a stream. It is not safe for concurrent use.
type Reader struct {
	r    io.Reader
	head [headSize]byte
	body []byte
}

// NewReader reads frames from r.
func NewReader(r io.Reader) *Reader { return &Reader{r: r} }

// Read returns the next frame. io.EOF means a clean end between frames.
func (r *Reader) Read() (Frame, error) {
	if _, err := io.ReadFull(r.r, r.head[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return Frame{}, io.EOF // between frames: a clean end
		}
		return Frame{}, fmt.Errorf("pipe: head: %w", err)
	}
	n := binary.BigEndian.Uint32(r.head[:4])
	if n > MaxBody {
		return Frame{}, fmt.Errorf("%w: %d bytes", ErrTooLong, n)
	}
	if uint32(cap(r.body)) < n {
		r.body = make([]byte, n)
	}
	body := r.body[:n]
	if _, err := io.ReadFull(r.r, body); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // a head without its body is no clean end
		}
		return Frame{}, fmt.Errorf("pipe: body: %w", err)
	}
	return Frame{Type: Type(r.head[4]), Body: body}, nil
}

// AppendFrame appends an encoded frame to b.
func AppendFrame(b []byte, t Type, body []byte) ([]byte, error) {
	if len(body) > MaxBody {
		return b, fmt.Errorf("%w: %d bytes", ErrTooLong, len(body))
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	b = append(b, byte(t))
	return append(b, body...), nil
}
