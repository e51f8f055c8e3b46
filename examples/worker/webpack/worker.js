import 'infinitystar/worker';
