// An echo server with a thread a client, on Rust's standard library: echo PORT.
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

fn main() {
    let port = std::env::args().nth(1).expect("a port");
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).expect("a listener");
    for stream in listener.incoming() {
        let Ok(mut stream) = stream else {
            thread::sleep(Duration::from_millis(100)); // short of descriptors, say
            continue;
        };
        let serve = move || {
            let mut block = [0; 4096];
            while let Ok(count) = stream.read(&mut block) {
                if count == 0 || stream.write_all(&block[..count]).is_err() {
                    break;
                }
            }
        };
        let _ = thread::Builder::new().spawn(serve); // without one the client is turned away
    }
}
