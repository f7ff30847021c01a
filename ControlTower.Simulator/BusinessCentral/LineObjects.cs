using System.Text.Json;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>Finds what a sales line sells: an item or an account, by id or number.</summary>
internal static class LineObjects
{
    public static void Resolve(Company company, BcRecord line, JsonElement body)
    {
        var byItem = line.Ref("itemId") != Guid.Empty;
        var byAccount = line.Ref("accountId") != Guid.Empty;
        if (byItem && byAccount) throw BcError.Dialog("Both \"itemId\" and \"accountId\" are specified. Specify only one of them.");
        if (byAccount) line["lineType"] = "Account";
        switch ((string)line["lineType"]!)
        {
            case "Item":
                SetItem(company, line, byItem, body);
                break;
            case "Account":
                SetAccount(company, line, byAccount);
                break;
            case "Comment":
                break;
            case var other:
                throw BcError.Dialog($"The estate sells items and accounts only, not {BcValue.Decode(other)}.");
        }

        if (line.Ref("locationId") != Guid.Empty && company.Tables.Find("locations", line.Ref("locationId")) is null) throw BcError.Relation("Location Id", "Sales Line", line.Ref("locationId").ToString(), "Location");
    }

    private static void SetItem(Company company, BcRecord line, bool byId, JsonElement body)
    {
        var number = line.Text("lineObjectNumber");
        if (!byId && number.Length == 0) return;
        var item = byId
            ? company.Tables.Find("items", line.Ref("itemId")) ?? throw BcError.Dialog("Item does not exist.")
            : company.Tables.By("items", "number", number) ?? throw BcError.Relation("No.", "Sales Line", number, "Item");
        if (byId && number.Length > 0 && !string.Equals(number, item.Text("number"), StringComparison.OrdinalIgnoreCase)) throw BcError.Dialog("The item values do not match to a specific Item.");
        if (item.Flag("blocked")) throw BcError.Dialog($"Blocked must be equal to 'No'  in Item: No.={item.Text("number")}. Current value is 'Yes'.");
        line["itemId"] = item.Id;
        line["lineObjectNumber"] = item.Text("number");
        if (line.Text("description").Length == 0) line["description"] = item.Text("displayName");
        if (line.Text("unitOfMeasureCode").Length == 0)
        {
            line["unitOfMeasureCode"] = item.Text("baseUnitOfMeasureCode");
            line["unitOfMeasureId"] = item.Ref("baseUnitOfMeasureId");
        }

        if (!body.TryGetProperty("unitPrice", out _)) line["unitPrice"] = item.Number("unitPrice");
        if (line.Text("taxCode").Length == 0) line["taxCode"] = item.Text("taxGroupCode");
        else if (company.Tables.By("taxGroups", "code", line.Text("taxCode")) is null) throw BcError.Relation("VAT Prod. Posting Group", "Sales Line", line.Text("taxCode"), "VAT Product Posting Group");
    }

    private static void SetAccount(Company company, BcRecord line, bool byId)
    {
        var account = byId
            ? company.Tables.Find("accounts", line.Ref("accountId")) ?? throw BcError.Dialog("Account does not exist.")
            : company.Tables.By("accounts", "number", line.Text("lineObjectNumber")) ?? throw BcError.Relation("No.", "Sales Line", line.Text("lineObjectNumber"), "G/L Account");
        line["accountId"] = account.Id;
        line["lineObjectNumber"] = account.Text("number");
        if (line.Text("description").Length == 0) line["description"] = account.Text("displayName");
        if (line.Text("taxCode").Length > 0 && company.Tables.By("taxGroups", "code", line.Text("taxCode")) is null) throw BcError.Relation("VAT Prod. Posting Group", "Sales Line", line.Text("taxCode"), "VAT Product Posting Group");
    }
}
