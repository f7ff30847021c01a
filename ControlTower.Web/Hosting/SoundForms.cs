using ControlTower.Web.Api;
using Microsoft.AspNetCore.Antiforgery;

namespace ControlTower.Web.Hosting;

/// <summary>
/// A form that is old, foreign or cannot be read ends here, for every address that wants the form's token. The framework would answer it with an empty 400, or fail when it reads the fields
/// later. The words come from <see cref="StatusPages"/>, in the shape the caller reads.
/// </summary>
internal static class SoundForms
{
    private static readonly Problem Old = Problem.BadRequest with
    {
        Slug = "antiforgery",
        Title = "This form is too old",
        Detail = "The form was open for too long, was sent from another sign-in, or not by a page of this tower. Nothing was done. Load the page again and fill it in anew.",
    };

    private static readonly Problem Unreadable = Problem.BadRequest with
    {
        Slug = "unreadable-form",
        Title = "This form could not be read",
        Detail = "What arrived is not the form of this page. Nothing was done. Load the page again and fill it in anew.",
    };

    private static readonly Problem TooLarge = Problem.TooLarge with { Detail = "The form is larger than any of ours. Nothing was done. Load the page again and send less." };

    /// <summary>Behind the antiforgery middleware, which has judged the token and leaves the answer to others.</summary>
    public static IApplicationBuilder UseSoundForms(this IApplicationBuilder app) => app.Use(static async (context, next) =>
    {
        if (HttpMethods.IsGet(context.Request.Method) || context.Features.Get<IAntiforgeryValidationFeature>() is not { } token || await WrongAsync(context, token) is not { } problem)
            await next(context);
        else
            StatusPages.Answer(context, problem);
    });

    private static async Task<Problem?> WrongAsync(HttpContext context, IAntiforgeryValidationFeature token)
    {
        if (!token.IsValid)
            return Of(token.Error?.InnerException) ?? Old;
        if (!context.Request.HasFormContentType)
            return Unreadable; // The token came in a header, with something that is no form.
        try
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            return context.GetEndpoint()?.Metadata.GetMetadata<PageForm>() is not { } page || form["_handler"] == page.Name ? null : Unreadable;
        }
        catch (Exception error) when (Of(error) is { } problem)
        {
            return problem;
        }
    }

    private static Problem? Of(Exception? error) => error switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => TooLarge,
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => Problem.Of(StatusCodes.Status408RequestTimeout),
        InvalidDataException or IOException => Unreadable,
        _ => null,
    };
}
