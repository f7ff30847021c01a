using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>
/// Reads the error of an answer of 4xx. Business rules come as Application_DialogException with a text only, in the language of the service user, which must
/// therefore be English; what no pattern knows is a refusal with the text as it is.
/// </summary>
internal static class BusinessFault
{
    public static Outcome Of(Exchange.Answered answer)
    {
        var error = JsonReading.Parse(answer.Body)?.At("error");
        var code = error?.Text("code") ?? $"http-{(int)answer.Status}";
        var message = Trimmed(error?.Text("message")) ?? $"Business Central answered {(int)answer.Status} without a message.";
        return (int)answer.Status is 409 or 412 || code == "Request_EntityChanged"
            ? code == "Internal_EntityWithSameKeyExists"
                ? new Outcome.Refused(FailureKind.Duplicate, code, message)
                : new Outcome.NotDone(FailureKind.Intermittent, "Somebody changed the record meanwhile.")
            : OfCode(code, message);
    }

    private static Outcome OfCode(string code, string message) => code switch
    {
        "Internal_RecordNotFound" => Missing(message),
        "Internal_InvalidTableRelation" => Missing(message),
        "Internal_EntityWithSameKeyExists" => new Outcome.Refused(FailureKind.Duplicate, code, message),
        "Internal_CompanyNotFound" => new Outcome.Refused(FailureKind.Connection, code, message, "companyId"),
        "BadRequest_ResourceNotFound" => new Outcome.Refused(FailureKind.Connection, code, message),
        "Internal_TenantUnavailable" or "Internal_ServerError" => new Outcome.NotDone(FailureKind.Intermittent, message),
        "Application_DialogException" or "Unknown" or "Application_FieldValidationException" => OfText(code, message),
        _ when code.StartsWith("http-404", StringComparison.Ordinal) => Missing(message),
        _ => new Outcome.Refused(FailureKind.Value, code, message, Field(message)),
    };

    private static Outcome OfText(string code, string message)
    {
        bool Says(string words) => message.Contains(words, StringComparison.OrdinalIgnoreCase);
        return Says("locked by another user") || Says("deadlock") || Says("another user has already changed") || Says("try again later")
            ? new Outcome.NotDone(FailureKind.Intermittent, message)
            : Says("posting date") || Says("range of posting dates") || Says("accounting period") || Says("fiscal year") || Says("closed period")
                ? new Outcome.Refused(FailureKind.Refused, "closed-period", message, "postingDate")
                : Says("blocked") ? new Outcome.Refused(FailureKind.Refused, Field(message) == "lineObjectNumber" ? "item-blocked" : "customer-blocked", message, Field(message))
                : Says("does not exist") || Says("cannot be found") || Says("do not match to a specific") || Says("does not match to a") ? Missing(message)
                : new Outcome.Refused(code == "Application_FieldValidationException" ? FailureKind.Value : FailureKind.Refused, code, message, Field(message));
    }

    private static Outcome.Refused Missing(string message)
    {
        var field = Field(message);
        return new Outcome.Refused(
            FailureKind.Missing,
            field switch { "lineObjectNumber" => "unknown-item", "customerNumber" => "unknown-customer", "taxCode" => "unknown-tax-code", "locationId" => "unknown-location", _ => "missing" },
            message, field);
    }

    // The messages name tables and fields with a capital.
    private static string? Field(string message)
        => message.Contains("VAT Prod", StringComparison.Ordinal) || message.Contains("Tax Group", StringComparison.Ordinal) ? "taxCode"
            : message.Contains("Item", StringComparison.Ordinal) ? "lineObjectNumber"
            : message.Contains("Customer", StringComparison.Ordinal) || message.Contains("sell-to", StringComparison.OrdinalIgnoreCase) ? "customerNumber"
            : message.Contains("urrency", StringComparison.Ordinal) ? "currencyCode"
            : message.Contains("Account", StringComparison.Ordinal) ? "shippingAccount"
            : message.Contains("Location", StringComparison.Ordinal) ? "locationId"
            : null;

    // Each message ends with a correlation id, which would make every case a case of its own.
    private static string? Trimmed(string? message)
    {
        var end = message?.IndexOf("CorrelationId:", StringComparison.Ordinal) ?? -1;
        return VendorText.Plain(end < 0 ? message : message![..end], 500);
    }
}
