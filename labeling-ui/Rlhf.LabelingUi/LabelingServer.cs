using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.Core;
using Rlhf.Storage;

namespace Rlhf.LabelingUi;

/// <summary>The web server of a home folder.</summary>
public static class LabelingServer
{
    public const string DefaultAddress = "http://127.0.0.1:5080";

    /// <summary>A server that is not started yet. Neither appsettings.json nor ASPNETCORE_ variables of the surroundings change it.</summary>
    /// <param name="addresses">One or more http addresses, separated by semicolons.</param>
    /// <param name="configure">What the program adds: its logging and the services of the hub.</param>
    /// <exception cref="UserError">An address is none.</exception>
    public static WebApplication Build(Home home, RlhfDatabase database, string addresses, Action<WebApplicationBuilder>? configure = null)
    {
        Uri[] parsed = [.. addresses.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Parse)];
        if (parsed.Length == 0)
            throw new UserError($"no address to listen at; --urls takes one, such as {DefaultAddress}");
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = typeof(LabelingServer).Assembly.GetName().Name });
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseUrls([.. parsed.Select(address => address.GetLeftPart(UriPartial.Authority))]);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Services.AddRouting();
        builder.Services.AddHostFiltering(options =>
        {
            // A foreign site whose name is made to point here would otherwise be let in by the reader's own browser.
            if (parsed.All(address => address.IsLoopback))
                options.AllowedHosts = ["localhost", "127.0.0.1", "[::1]"];
            else
                options.AllowedHosts = ["*"];
        });
        configure?.Invoke(builder);
        builder.Services.AddLabelingUi(home, database);
        var app = builder.Build();
        app.UseHostFiltering();
        return app.MapLabelingUi();
    }

    /// <summary>Starts listening.</summary>
    /// <exception cref="UserError">An address cannot be had.</exception>
    public static async Task StartAsync(WebApplication app, CancellationToken cancellation)
    {
        try
        {
            await app.StartAsync(cancellation);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new UserError($"another program listens there: {e.Message.TrimEnd('.')}; give another address with --urls, such as http://127.0.0.1:5081", e);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            throw new UserError($"cannot listen: {e.Message.TrimEnd('.')}; give another address with --urls, such as {DefaultAddress}", e);
        }
    }

    private static Uri Parse(string address)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp || uri.PathAndQuery != "/"
            || !(uri.Host is "localhost" || IPAddress.TryParse(uri.Host.Trim('[', ']'), out _)))
        {
            throw new UserError($"'{address}' is no address to listen at: http://, an IP address or localhost, and a port, such as {DefaultAddress}; "
                + "for https put a proxy in front");
        }
        return uri;
    }
}
