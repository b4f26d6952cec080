using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.LabelingUi.Features.Account.Invitations;

namespace Rlhf.Cli.Hosting;

/// <summary>The one-time link that makes the first administrator of a home folder: there is no default password.</summary>
internal static class FirstAdminLink
{
    /// <summary>Says the link on standard output while there is no administrator. Links of earlier starts are void.</summary>
    /// <param name="application">The running server.</param>
    /// <param name="url">Where this machine reaches it.</param>
    /// <param name="then">The address below the root that the browser goes on to.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <returns>Whether there is no administrator yet.</returns>
    public static async Task<bool> WriteAsync(WebApplication application, string url, string? then, CancellationToken stop)
    {
        if (await TextAsync(application, url, then, stop) is not { } text)
            return false;
        Console.Out.WriteLine(text);
        await Console.Out.FlushAsync(stop);
        return true;
    }

    /// <summary>The link as a line of text; null where there is an administrator.</summary>
    public static async Task<string?> TextAsync(WebApplication application, string url, string? then, CancellationToken stop)
    {
        await using var scope = application.Services.CreateAsyncScope();
        var invitations = scope.ServiceProvider.GetRequiredService<AccountInvitations>();
        if (await invitations.FirstAdminAsync(stop) is not { } invitation)
            return null;
        string address = url + invitation.Path + (then is null ? "" : $"&returnUrl={Uri.EscapeDataString(then)}");
        return $"first administrator: {address} "
            + $"(works once, until {invitation.Expires.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC)";
    }
}
