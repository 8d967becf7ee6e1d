// An echo server in Rust, with a thread for each client. See echo.cc.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

fn serve(mut stream: TcpStream) {
    let mut buffer = [0u8; 64];
    loop {
        let got = match stream.read(&mut buffer) { // @recv
            Ok(0) | Err(_) => break,
            Ok(got) => got,
        };
        if stream.write_all(&buffer[..got]).is_err() { // @send
            break;
        }
    }
    let _ = stream.shutdown(Shutdown::Write); // @shutdown
}

fn main() {
    let port: u16 = std::env::args().last().unwrap().parse().unwrap();
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap(); // @bind
    loop {
        if let Ok((stream, _)) = listener.accept() { // @accept4
            std::thread::spawn(move || serve(stream));
        }
    }
}
