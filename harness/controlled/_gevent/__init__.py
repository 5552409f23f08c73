"""What the controlled host ``gevent_greenlets`` is made of: a virtual loop, the units in it, and who goes on."""
