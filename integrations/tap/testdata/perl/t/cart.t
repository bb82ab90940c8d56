use Test::More tests => 5;
ok(1, 'fine');
is(2, 3, 'adds up');
is_deeply({a=>1}, {a=>2}, 'deep');
subtest 'inner' => sub { plan tests => 2; ok(1,'in ok'); ok(0,'in not ok'); };
TODO: { local $TODO = 'later'; ok(0, 'todo one'); }
