from __future__ import annotations

import pytest

from local.clock import LocalClock
from local.cloud import ENVIRONMENT, Cloud, moto_running, only_environment
from local.intrinsics import TemplateError
from local.resources import Workshop
from local.template import Assembly, Made, load_templates


def make(resource, properties):
    made = {"Arn": f"arn:{resource.logical_id}", "Properties": properties}
    return Made(ref=f"ref-{resource.logical_id}", attributes=made)


def assembly(resources, outputs=None, **more):
    data = {"Resources": {"Table": {"Type": "T"}}, "Outputs": outputs or {}}
    pipeline = {"Resources": resources, **more}
    return Assembly({"Data": data, "Pipeline": pipeline}, make)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Queue"}, "ref-Queue"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "Flavour"}, "vanilla"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "arn:Queue"),
        ({"Fn::GetAtt": "Queue.Arn"}, "arn:Queue"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Queue"}, 3]]}, "a-ref-Queue-3"),
        ({"Fn::Split": ["-", {"Ref": "Queue"}]}, ["ref", "Queue"]),
        ({"Fn::Select": ["1", {"Fn::Split": ["-", "a-b"]}]}, "b"),
        (
            {"Fn::Sub": "${AWS::AccountId}/${Queue}/${Queue.Arn}/${!kept}"},
            "123456789012/ref-Queue/arn:Queue/${kept}",
        ),
        ({"Fn::Sub": ["${own}", {"own": {"Ref": "Queue"}}]}, "ref-Queue"),
        ({"Fn::If": ["IsBig", "big", "small"]}, "small"),
        ({"Fn::FindInMap": ["Sizes", "small", "shards"]}, 1),
        ({"Fn::ImportValue": "Data:TableArn"}, "arn:Table"),
        ({"kept": 1, "gone": {"Ref": "AWS::NoValue"}}, {"kept": 1}),
        ([1, {"Ref": "AWS::NoValue"}], [1]),
    ],
)
def test_an_intrinsic_function_gives_what_cloudformation_gives(value, expected):
    found = assembly(
        {"Queue": {"Type": "Q"}},
        outputs={
            "X": {
                "Value": {"Fn::GetAtt": ["Table", "Arn"]},
                "Export": {"Name": {"Fn::Join": [":", ["Data", "TableArn"]]}},
            }
        },
        Parameters={"Flavour": {"Default": "vanilla"}},
        Conditions={"IsBig": {"Fn::Equals": [{"Ref": "Flavour"}, "grand"]}},
        Mappings={"Sizes": {"small": {"shards": 1}}},
    )
    assert found.resolve(value, "Pipeline") == expected


def test_a_resource_whose_condition_does_not_hold_is_not_there():
    found = assembly(
        {"Queue": {"Type": "Q", "Condition": "Never"}},
        Conditions={"Never": {"Fn::Not": [{"Fn::Equals": ["a", "a"]}]}},
    )
    assert [key for key in found.resources if key[0] == "Pipeline"] == []


def test_what_is_referred_to_is_made_first_and_once():
    order = []

    def record(resource, properties):
        order.append(resource.logical_id)
        return make(resource, properties)

    template = {
        "Resources": {
            "Function": {"Type": "F", "Properties": {"Role": {"Ref": "Role"}}},
            "Role": {"Type": "R"},
        }
    }
    Assembly({"S": template}, record).make_all()
    assert order == ["Role", "Function"]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"Fn::Cidr": ["10.0.0.0/16", 1, 8]}, "Fn::Cidr is not played locally"),
        ({"Ref": "Nobody"}, "nothing is called Nobody"),
        ({"Fn::GetAtt": ["Queue", "Colour"]}, r"Pipeline/Queue \(Q\) has no attribute Colour"),
        ({"Fn::ImportValue": "Data:Nope"}, "no stack exports Data:Nope"),
    ],
)
def test_what_cannot_be_resolved_is_said_in_a_sentence(value, sentence):
    with pytest.raises(TemplateError, match=sentence):
        assembly({"Queue": {"Type": "Q"}}).resolve(value, "Pipeline")


def test_a_circle_is_said_in_a_sentence():
    circle = {
        "A": {"Type": "Q", "Properties": {"x": {"Ref": "B"}}},
        "B": {"Type": "Q", "Properties": {"x": {"Ref": "A"}}},
    }
    with pytest.raises(TemplateError, match="refers to itself"):
        assembly(circle).make_all()


def test_a_folder_without_templates_is_said_in_a_sentence(tmp_path):
    with pytest.raises(TemplateError, match="holds no"):
        load_templates(tmp_path)


def test_an_unknown_resource_type_names_itself_and_its_place():
    template = {"Resources": {"Robot": {"Type": "AWS::RoboMaker::Robot"}}}
    with only_environment(ENVIRONMENT), moto_running(LocalClock(), None):
        found = Assembly({"Data": template}, Workshop(Cloud()).make)
        with pytest.raises(TemplateError, match=r"Data/Robot is an AWS::RoboMaker::Robot"):
            found.make_all()
