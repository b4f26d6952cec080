using Microsoft.AspNetCore.Http;

namespace Rlhf.LabelingUi.Features.Account.Invitations;

/// <summary>The full address of an invitation, as whoever makes it reaches the server.</summary>
internal static class InvitationUrl
{
    public static string Of(HttpRequest request, NewInvitation invitation) =>
        $"{request.Scheme}://{request.Host}{request.PathBase}{invitation.Path}";
}
