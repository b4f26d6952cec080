using Rlhf.Core;
using Rlhf.Pipeline.Hub.Bus;

namespace Rlhf.Pipeline.Tests.Hub.Bus;

public sealed class BusAddressTests
{
    [Fact]
    public void Every_part_is_read()
    {
        Assert.Equal(new BusAddress("localhost", 5673, "rlhf", "me", "a:b@", Tls: false),
            BusAddress.Parse("rabbitmq://me:a%3Ab%40@localhost:5673/rlhf"));
        Assert.Equal(new BusAddress("broker", 5672, "/", "guest", "guest", Tls: false), BusAddress.Parse("rabbitmq://broker"));
    }

    [Fact]
    public void The_password_is_never_shown() =>
        Assert.DoesNotContain("secret", BusAddress.Parse("rabbitmq://me:secret@host/").ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("rabbitmqs://me:secret@host/v", 5671)]
    [InlineData("amqps://me:secret@host:5999", 5999)]
    public void With_an_s_the_connection_is_encrypted(string text, int port)
    {
        var address = BusAddress.Parse(text);
        Assert.True(address.Tls);
        Assert.Equal(port, address.Port);
    }

    [Theory]
    [InlineData("amqp//u:secret@h")]
    [InlineData("https://u:secret@h/v")]
    [InlineData("u:secret@h")]
    [InlineData("rabbitmq://u:secret@ h")]
    public void A_mistyped_address_is_refused_without_its_password(string text) =>
        Assert.DoesNotContain("secret", Assert.Throws<UserError>(() => BusAddress.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("localhost")]
    [InlineData("http://localhost")]
    [InlineData("rabbitmq://")]
    [InlineData("")]
    public void Anything_else_is_refused(string text) =>
        Assert.Contains("rabbitmq://", Assert.Throws<UserError>(() => BusAddress.Parse(text)).Message, StringComparison.Ordinal);
}
