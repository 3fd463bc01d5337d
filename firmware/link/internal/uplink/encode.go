package uplink

import (
	"encoding/json"
	"fmt"
)

func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("uplink: %T: %w", v, err)
	}
	return b, nil
}
