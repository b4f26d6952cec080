using Rlhf.Core;
using Rlhf.Pipeline.Hub;

namespace Rlhf.Pipeline.Tests.Hub;

public sealed class BusAddressTests
{
    [Fact]
    public void Every_part_is_read()
    {
        Assert.Equal(new BusAddress("localhost", 5673, "rlhf", "me", "a:b@"), BusAddress.Parse("rabbitmq://me:a%3Ab%40@localhost:5673/rlhf"));
        Assert.Equal(new BusAddress("broker", 5672, "/", "guest", "guest"), BusAddress.Parse("rabbitmq://broker"));
    }

    [Fact]
    public void The_password_is_never_shown() => Assert.DoesNotContain("secret", BusAddress.Parse("rabbitmq://me:secret@host/").ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("localhost")]
    [InlineData("http://localhost")]
    [InlineData("rabbitmq://")]
    [InlineData("")]
    public void Anything_else_is_refused(string text) =>
        Assert.Contains("rabbitmq://", Assert.Throws<UserError>(() => BusAddress.Parse(text)).Message, StringComparison.Ordinal);
}
