// Package endpoint holds the abstract classes that endpoints share: Endpoint, SessionEndpoint, SdpEndpoint,
// BaseRtpEndpoint and UriEndpoint, each with its class table. Concrete endpoints embed them.
package endpoint

import "github.com/rivero-media/rivero/pipeline"

// Class describes Endpoint, which adds nothing to MediaElement.
var Class = &pipeline.Class{Name: "Endpoint", Module: "core", Parent: pipeline.MediaElementClass}

// SessionClass describes SessionEndpoint.
var SessionClass = &pipeline.Class{
	Name: "SessionEndpoint", Module: "core", Parent: Class,
	Events: []pipeline.EventType{
		pipeline.Raises[MediaSessionTerminated](),
		pipeline.Raises[MediaSessionStarted](),
	},
}

// MediaSessionStarted: the session is agreed upon.
type MediaSessionStarted struct{ pipeline.Media }

// MediaSessionTerminated: the session has ended. SDP endpoints never raise it.
type MediaSessionTerminated struct{ pipeline.Media }
