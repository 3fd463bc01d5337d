package web

import (
	"errors"
	"io"
	"net"
	"net/http"

	"vestibule/hub/house"
	"vestibule/hub/wire"
)

// maxBody bounds a request in bytes: a letter of wire.MaxLetter, quoted once more.
const maxBody = 2*wire.MaxLetter + 4<<10

// read takes a request's JSON into v. Fields that v does not have are refused.
func read(w http.ResponseWriter, r *http.Request, v any) error {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return house.ErrTooLarge.With(err)
	}
	if err != nil {
		return house.ErrUnreadable.With(err)
	}
	if err := wire.Decode(b, v); err != nil {
		return house.ErrUnreadable.With(err)
	}
	return nil
}

// remote is the address a request comes from, without the port.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
