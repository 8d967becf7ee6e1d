<?php
header('Content-Length: 6');
echo "hello\n";
