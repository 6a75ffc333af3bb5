//! Calls by hand: any method, any media type, any bytes.

use std::{future::poll_fn, pin::pin};

use tonic::{
    body::Body,
    codegen::{Body as _, Service as _, http},
};

use super::Stage;

/// An answer before anybody has decoded it.
#[derive(Debug)]
pub struct Answer {
    /// `grpc-status`, from wherever it stands in the head or the trailers.
    pub status: Option<String>,
    pub media_type: String,
    pub body: Vec<u8>,
}

/// Calls a method of `LedgerService` with one message, which must be UTF-8 as a whole.
pub async fn call(stage: &Stage, method: &str, media_type: &str, message: &[u8]) -> Answer {
    let length = u8::try_from(message.len()).unwrap();
    let frame = [&[0, 0, 0, 0, length], message].concat();
    let request = http::Request::builder()
        .method("POST")
        .uri(format!("/yuanliu.v1.LedgerService/{method}"))
        .header("content-type", media_type)
        .header("te", "trailers")
        .body(Body::new(String::from_utf8(frame).unwrap()))
        .unwrap();
    let mut channel = stage.channel.clone();
    poll_fn(|cx| channel.poll_ready(cx)).await.unwrap();
    let response = channel.call(request).await.unwrap();
    let text = |map: &http::HeaderMap, name: &str| map.get(name).map(|v| v.to_str().unwrap().to_string());
    let mut answer = Answer {
        status: text(response.headers(), "grpc-status"),
        media_type: text(response.headers(), "content-type").unwrap_or_default(),
        body: Vec::new(),
    };
    let mut body = pin!(response.into_body());
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let frame = frame.unwrap();
        answer.body.extend_from_slice(frame.data_ref().map_or(&[], |d| d));
        if let Some(trailers) = frame.trailers_ref() {
            answer.status = text(trailers, "grpc-status");
        }
    }
    answer
}
