package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Bounds of streams of events.
const (
	maxStreams      = 256              // in all
	ownerStreams    = 8                // of one person
	courierStreams  = 8                // of one delivery
	heartbeat       = 15 * time.Second // so that both sides notice a dead line
	streamWriteTime = 10 * time.Second // for a slow reader to take one event
)

// stream is an answer of server-sent events (HTML Living Standard, 9.2).
type stream struct {
	w http.ResponseWriter
	c *http.ResponseController
}

// openStream begins the answer. Deadlines of ordinary requests don't hold for it.
func openStream(w http.ResponseWriter) (*stream, error) {
	st := &stream{w, http.NewResponseController(w)}
	if err := st.c.SetReadDeadline(time.Time{}); err != nil {
		return nil, err
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	return st, st.write("retry: 2000\n\n")
}

// send sends one event.
func (st *stream) send(event string, v any) error {
	b, err := json.Marshal(v) // one line
	if err != nil {
		return err
	}
	return st.write("event: " + event + "\ndata: " + string(b) + "\n\n")
}

// beat sends a comment, which no page sees.
func (st *stream) beat() error { return st.write(":\n\n") }

func (st *stream) write(text string) error {
	if err := st.c.SetWriteDeadline(time.Now().Add(streamWriteTime)); err != nil {
		return err
	}
	if _, err := st.w.Write([]byte(text)); err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	return st.c.Flush()
}
