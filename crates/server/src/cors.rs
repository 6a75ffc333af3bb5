//! Which pages may call by gRPC-Web from another origin: those of the configured origins, else none.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use tonic::{
    body::Body,
    codegen::{
        BoxFuture, Service,
        http::{self, HeaderValue, Method, StatusCode, header},
    },
};

const ALLOW_HEADERS: &str =
    "content-type, x-grpc-web, x-user-agent, grpc-timeout, authorization, accept-language, x-request-id";
const EXPOSE_HEADERS: &str =
    "grpc-status, grpc-message, grpc-status-details-bin, x-request-id, yuanliu-access-record-bin";
/// How long a browser may remember the permission, s.
const MAX_AGE: &str = "7200";

/// Wraps services.
#[derive(Clone)]
pub(crate) struct CorsLayer {
    origins: Arc<[HeaderValue]>,
}

impl CorsLayer {
    /// For these origins; gives back the first that cannot be one.
    pub(crate) fn new(origins: &[String]) -> Result<Self, String> {
        let parsed = origins.iter().map(|o| {
            let plain = o.starts_with("https://") || o.starts_with("http://");
            HeaderValue::from_str(o).ok().filter(|_| plain && !o.ends_with('/')).ok_or_else(|| o.clone())
        });
        Ok(Self { origins: parsed.collect::<Result<_, _>>()? })
    }
}

impl<S> tower::Layer<S> for CorsLayer {
    type Service = Cors<S>;

    fn layer(&self, inner: S) -> Cors<S> {
        Cors { inner, origins: Arc::clone(&self.origins) }
    }
}

/// A service that pages of some origins may call.
#[derive(Clone)]
pub(crate) struct Cors<S> {
    inner: S,
    origins: Arc<[HeaderValue]>,
}

impl<S> Service<http::Request<Body>> for Cors<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<http::Response<Body>, Infallible>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let origin = request.headers().get(header::ORIGIN);
        let allowed = origin.filter(|o| self.origins.contains(o)).cloned();
        let asks = request.method() == Method::OPTIONS
            && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if asks {
            return Box::pin(async { Ok(preflight(allowed)) });
        }
        let answer = self.inner.call(request);
        let Some(origin) = allowed else { return Box::pin(answer) };
        Box::pin(async move {
            let mut response = answer.await?;
            let headers = response.headers_mut();
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSE_HEADERS));
            allow(headers, origin);
            Ok(response)
        })
    }
}

fn preflight(origin: Option<HeaderValue>) -> http::Response<Body> {
    let mut response = http::Response::new(Body::empty());
    let Some(origin) = origin else {
        *response.status_mut() = StatusCode::FORBIDDEN;
        return response;
    };
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ALLOW_HEADERS));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
    allow(headers, origin);
    response
}

fn allow(headers: &mut http::HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("origin"));
}

#[cfg(test)]
mod tests {
    use tower::{Layer as _, ServiceExt as _, service_fn};

    use super::*;

    async fn ask(origins: &[&str], method: Method, origin: &str) -> http::Response<Body> {
        let origins: Vec<String> = origins.iter().map(ToString::to_string).collect();
        let inner = service_fn(|_: http::Request<Body>| async { Ok(http::Response::new(Body::empty())) });
        let request = http::Request::builder()
            .method(method)
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .body(Body::empty())
            .unwrap();
        CorsLayer::new(&origins).unwrap().layer(inner).oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn only_configured_origins_are_let_in() {
        const OURS: &str = "https://console.example";
        let table = [
            (&[][..], Method::OPTIONS, OURS, 403, false),
            (&[], Method::POST, OURS, 200, false),
            (&[OURS], Method::OPTIONS, OURS, 204, true),
            (&[OURS], Method::POST, OURS, 200, true),
            (&[OURS], Method::OPTIONS, "https://console.example.evil", 403, false),
            (&[OURS], Method::POST, "null", 200, false),
        ];
        for (origins, method, origin, status, allowed) in table {
            let answer = ask(origins, method.clone(), origin).await;
            let named =
                answer.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN).is_some_and(|o| o == origin);
            assert_eq!((answer.status().as_u16(), named), (status, allowed), "{origins:?} {method} {origin}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for origin in ["*", "console.example", "https://console.example/", "https://a\n"] {
            assert_eq!(CorsLayer::new(&[origin.to_string()]).err().as_deref(), Some(origin));
        }
    }
}
