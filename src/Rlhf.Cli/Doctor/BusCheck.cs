using Rlhf.Cli.Hosting;
using Rlhf.Core;
using Rlhf.Pipeline.Hub.Bus;

namespace Rlhf.Cli.Doctor;

/// <summary>Whether the bus answers.</summary>
internal sealed record BusCheck(BusAddress? Address)
{
    /// <exception cref="UserError">Not the address of a broker.</exception>
    public static BusCheck Parse(string? bus) => new(bus is null ? null : BusAddress.Parse(bus));

    public async Task<CheckResult> RunAsync(CancellationToken cancellation)
    {
        if (Address is null)
            return new CheckResult("bus", Verdict.Ok, "in memory; --bus rabbitmq://… names a broker");
        try
        {
            return new CheckResult("bus", Verdict.Ok, $"{Address}: {await BrokerConnection.TryOnceAsync(Address, cancellation)}");
        }
        catch (UserError e)
        {
            return new CheckResult("bus", Verdict.Bad, e.Message);
        }
    }
}
