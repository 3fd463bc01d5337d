package sim

import (
	"errors"
	"io"
)

// Connect serves a connection to the house inside this program and returns the client's end of it,
// for [Dial] or [Watch].
func (s *Server) Connect() io.ReadWriteCloser {
	fromClient, toServer := io.Pipe()
	fromServer, toClient := io.Pipe()
	go func() {
		// What ended a connection is for the client to say.
		_ = s.Serve(duplex{fromClient, toClient})
	}()
	return duplex{fromServer, toServer}
}

// duplex is one end of a connection made of two pipes.
type duplex struct {
	*io.PipeReader
	to *io.PipeWriter
}

func (d duplex) Write(p []byte) (int, error) { return d.to.Write(p) }

func (d duplex) Close() error { return errors.Join(d.PipeReader.Close(), d.to.Close()) }
