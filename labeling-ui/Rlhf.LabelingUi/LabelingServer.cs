using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Rlhf.Core;
using Rlhf.LabelingUi.Shell;
using Rlhf.LabelingUi.Shell.Errors;
using Rlhf.LabelingUi.Shell.Requests;
using Rlhf.Storage;

namespace Rlhf.LabelingUi;

/// <summary>The web server of a home folder.</summary>
public static class LabelingServer
{
    public const string DefaultAddress = "http://127.0.0.1:5080";

    /// <summary>
    /// A server that is not started yet. Neither appsettings.json nor ASPNETCORE_ variables of the environment change it.
    /// </summary>
    /// <param name="settings">Where it listens.</param>
    /// <param name="configure">What the program adds: its logging and the services of the hub.</param>
    /// <exception cref="UserError">An address cannot be parsed, or the keys cannot be kept in the home folder.</exception>
    public static WebApplication Build(
        Home home, RlhfDatabase database, WebSettings settings, Action<WebApplicationBuilder>? configure = null)
    {
        Uri[] addresses = ParseAll(settings.Addresses);
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ApplicationName = typeof(LabelingServer).Assembly.GetName().Name });
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseUrls([.. addresses.Select(address => address.GetLeftPart(UriPartial.Authority))]);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.WebHost.ConfigureKestrel(AddressLength.Configure);
        AddLogging(builder.Logging, settings.LogLevel);
        builder.Services.AddRouting();
        AddTrust(builder.Services, settings, addresses);
        configure?.Invoke(builder);
        builder.Services.AddLabelingUi(home, database, settings);
        var app = builder.Build();
        SecurityHeaders.Use(app);
        ErrorAnswers.UseForRefusals(app);
        if (settings.BehindProxy)
            app.UseForwardedHeaders();
        app.UseHostFiltering();
        return app.MapLabelingUi();
    }

    /// <inheritdoc cref="Build(Home, RlhfDatabase, WebSettings, Action{WebApplicationBuilder})"/>
    public static WebApplication Build(
        Home home, RlhfDatabase database, string addresses, Action<WebApplicationBuilder>? configure = null) =>
        Build(home, database, new WebSettings { Addresses = addresses }, configure);

    /// <summary>
    /// Checks that all addresses are free before anything is opened or started: the web server itself would find
    /// out last, when everything else is running.
    /// </summary>
    /// <param name="addresses">As <see cref="WebSettings.Addresses"/>.</param>
    /// <exception cref="UserError">An address cannot be parsed, or is in use.</exception>
    public static void EnsureFree(string addresses)
    {
        foreach (var address in ParseAll(addresses).Where(address => address.Port > 0))
        {
            var ip = IPAddress.TryParse(address.Host.Trim('[', ']'), out var parsed) ? parsed : IPAddress.Loopback;
            using var listener = new TcpListener(ip, address.Port);
            try
            {
                listener.Start();
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                throw Taken($"at {address.GetLeftPart(UriPartial.Authority)}", e);
            }
            catch (SocketException e)
            {
                throw CannotListen(e);
            }
        }
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
            throw Taken($"there ({e.Message.TrimEnd('.')})", e);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw CannotListen(e);
        }
    }

    private static UserError Taken(string where, Exception e) =>
        new($"another program listens {where}; give another address with --urls, such as http://127.0.0.1:5081", e);

    private static UserError CannotListen(Exception e) =>
        new($"cannot listen: {e.Message.TrimEnd('.')}; give another address with --urls, such as {DefaultAddress}", e);

    private static Uri[] ParseAll(string addresses)
    {
        Uri[] all = [.. addresses.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Parse)];
        return all.Length > 0 ? all : throw new UserError($"no address to listen on; --urls takes one, such as {DefaultAddress}");
    }

    /// <summary>On standard error; a program with a log of its own clears it in <c>configure</c>.</summary>
    private static void AddLogging(ILoggingBuilder logging, LogLevel level)
    {
        logging.SetMinimumLevel(level);
        // At "information" the web framework tells of every request.
        logging.AddFilter("Microsoft", level > LogLevel.Debug ? (LogLevel)Math.Max((int)level, (int)LogLevel.Warning) : level);
        // The folder of the keys is the owner's alone; there is nothing else to encrypt them with.
        logging.AddFilter("Microsoft.AspNetCore.DataProtection", level > LogLevel.Debug ? LogLevel.Error : level);
        logging.AddSimpleConsole(format => format.SingleLine = true);
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    /// <summary>Which names and which headers are believed.</summary>
    private static void AddTrust(IServiceCollection services, WebSettings settings, Uri[] addresses)
    {
        // A foreign site whose name is made to point here would otherwise be let in by the reader's own browser.
        // Behind a proxy, the names are the proxy's, which answers to those that it knows.
        string[] names = !settings.BehindProxy && addresses.All(address => address.IsLoopback)
            ? ["localhost", "127.0.0.1", "[::1]"]
            : ["*"];
        services.AddHostFiltering(options =>
        {
            options.AllowedHosts = names;
            options.IncludeFailureMessage = false;
        });
        services.Configure<ForwardedHeadersOptions>(options =>
        {
            options.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto
                | ForwardedHeaders.XForwardedHost | ForwardedHeaders.XForwardedPrefix;
            // The proxy may be on another machine or in another container. Whoever connects is taken for the proxy.
            options.KnownIPNetworks.Clear();
            options.KnownProxies.Clear();
        });
    }

    private static Uri Parse(string address)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp || uri.PathAndQuery != "/"
            || !(uri.Host is "localhost" || IPAddress.TryParse(uri.Host.Trim('[', ']'), out _)))
        {
            throw new UserError($"'{address}' is not an address to listen on: expected http://, an IP address or localhost, and a port, "
                + $"such as {DefaultAddress}; for https put a proxy in front");
        }
        return uri;
    }
}
