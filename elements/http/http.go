// Package http holds the endpoints that take media over HTTP: HttpEndpoint and HttpPostEndpoint, whose media is the body of a
// POST request.
//
//	Server    the one HTTP server of all endpoints, which begins with the first of them
//	Endpoint  the class: who may post to it, one at a time
//	body      the media as the client sends it; what is not read yet is not asked for
//	form      the files of a form
package http

import (
	"context"

	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/pipeline"
)

// Class describes HttpEndpoint.
var Class = &pipeline.Class{
	Name: "HttpEndpoint", Module: "elements", Parent: endpoint.SessionClass,
	Methods: pipeline.Methods(
		pipeline.Op("getUrl", func(_ context.Context, e *Endpoint, _ pipeline.None) (string, error) { return e.url, nil }),
	),
}

// PostClass describes HttpPostEndpoint, whose requests come to a server.
func PostClass(s *Server) *pipeline.Class {
	return &pipeline.Class{
		Name: "HttpPostEndpoint", Module: "elements", Parent: Class,
		New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
			return create(s, c, p)
		}),
		Events: []pipeline.EventType{pipeline.Raises[EndOfStream]()},
	}
}

// params are those of the constructor. useEncodedMedia makes no difference: what a receiver takes as it is is never decoded.
type params struct {
	MediaPipeline        *pipeline.MediaPipeline `kurento:"mediaPipeline"`
	DisconnectionTimeout int                     `kurento:"disconnectionTimeout,optional,default=2"` // seconds
	UseEncodedMedia      bool                    `kurento:"useEncodedMedia,optional,default=false"`
}

// EndOfStream is raised when the body has ended.
type EndOfStream struct{ pipeline.Media }
