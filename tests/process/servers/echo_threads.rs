//! An echo server with a thread for each client, in Rust, with a bug: echo_threads PORT BUG
//!
//!   unwrap       an error of a read ends the process (panics abort it)
//!   leaks        a client that has finished is forgotten, and stays open

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

fn serve(mut client: TcpStream, unwraps: bool) {
    let mut block = [0u8; 16 * 1024];
    loop {
        let count = if unwraps {
            client.read(&mut block).unwrap() // @unwrap
        } else {
            client.read(&mut block).unwrap_or(0) // @leaks
        };
        if count == 0 || client.write_all(&block[..count]).is_err() {
            break;
        }
    }
    if !unwraps {
        std::mem::forget(client);
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let unwraps = arguments[2] == "unwrap";
    let listener = TcpListener::bind(("127.0.0.1", arguments[1].parse().unwrap())).unwrap();
    for client in listener.incoming().flatten() {
        std::thread::spawn(move || serve(client, unwraps));
    }
}
